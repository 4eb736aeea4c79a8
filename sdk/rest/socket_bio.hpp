// A socket for OpenSSL. Its own would write with write(2), which raises SIGPIPE in a process that is not
// ours.
#pragma once

#include <openssl/types.h>

namespace drv::rest {

// Non-blocking; does not own the descriptor. NULL when memory is short.
[[nodiscard]] BIO *make_socket_bio(int fd);

} // namespace drv::rest
