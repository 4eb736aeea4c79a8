// The certificate and key that a simulator shows: its own, made in memory at each start, or those of files.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace drover::sim {

struct TlsContextDeleter {
    void operator()(ssl_ctx_st *context) const noexcept;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextDeleter>;

// Self-signed for localhost, 127.0.0.1, ::1 and `address` (a literal IP or a name), good for 30 days. With
// `certificate_file` the certificate is written there as PEM, for clients that verify.
[[nodiscard]] Result<TlsContext> make_own_identity(const std::string &address,
                                                   const std::filesystem::path &certificate_file);

// PEM files: the certificate with the chain above it, and its key.
[[nodiscard]] Result<TlsContext> load_identity(const std::filesystem::path &certificate,
                                               const std::filesystem::path &key);

} // namespace drover::sim
