// Which certificates are trusted, for all connections of a client: made once, of the configuration.
#pragma once

#include "drover/sdk/rest/address.hpp"
#include "drover/sdk/rest/options.hpp"

#include <openssl/types.h>

#include <memory>
#include <string>

namespace drv::rest {

struct SslDeleter {
    void operator()(SSL *ssl) const noexcept;
    void operator()(SSL_CTX *context) const noexcept;
};
using Ssl = std::unique_ptr<SSL, SslDeleter>;

class TlsContext {
public:
    // Throws Error(invalid) that names the key when the CA file cannot be used.
    explicit TlsContext(TlsOptions options);

    // A client's side that talks over `fd`, which it does not own, never raises SIGPIPE, and checks the
    // certificate against the address, where certificates are checked. At least TLS 1.2. `whose` outlives it
    // and is told whose certificate was refused.
    [[nodiscard]] Ssl make(const Address &address, int fd, std::string &whose) const;
    // Why the handshake failed, as the end of a sentence, with what to do about it.
    [[nodiscard]] std::string reason_of(SSL *ssl, const Address &address) const;
    // True when the certificate was the reason.
    [[nodiscard]] static bool was_refused(SSL *ssl);

private:
    const TlsOptions options_;
    std::unique_ptr<SSL_CTX, SslDeleter> context_;
};

// What OpenSSL has in its queue of this thread; empties it.
[[nodiscard]] std::string openssl_problem();

} // namespace drv::rest
