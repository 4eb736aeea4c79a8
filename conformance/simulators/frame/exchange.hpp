// One connection's life: the TLS handshake, then requests and answers until one side ends it.
#pragma once

#include "conformance/simulators/frame/server.hpp"

namespace drover::sim {

// Returns when the connection is over; the caller closes the descriptor. Throws nothing.
void serve_connection(ssl_ctx_st &tls, int fd, const Server::Handler &handler) noexcept;

} // namespace drover::sim
