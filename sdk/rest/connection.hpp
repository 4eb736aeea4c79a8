// One TLS connection to an array. Every step ends with the limit it is given.
#pragma once

#include "sdk/rest/failure.hpp"
#include "sdk/rest/tls_context.hpp"
#include "sdk/rest/unique_fd.hpp"
#include "sdk/rest/wire.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drv::rest {

class Connection {
public:
    // Tries the endpoints in their order, each for at most `each`, until one accepts and its certificate
    // holds.
    [[nodiscard]] static Outcome<std::unique_ptr<Connection>> open(const std::vector<Endpoint> &endpoints,
                                                                   const Address &address,
                                                                   const TlsContext &tls, const Limit &limit,
                                                                   std::chrono::nanoseconds each);
    ~Connection(); // tells the peer, if that does not block
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    // All of it, or a failure: then a part may have been sent.
    [[nodiscard]] Outcome<void> write(std::string_view bytes, const Limit &limit);
    [[nodiscard]] Outcome<std::size_t> read(std::span<char> to, const Limit &limit);
    // False when the peer closed it, or sent what nobody asked for, while it was idle.
    [[nodiscard]] bool is_usable();

private:
    explicit Connection(UniqueFd fd) : fd_(std::move(fd)) {}
    [[nodiscard]] Outcome<void> shake_hands(const Address &address, const TlsContext &tls,
                                            const Limit &limit);
    // After an operation of OpenSSL that returned `result`: waits for what it wants. Nothing: try again.
    [[nodiscard]] Outcome<void> go_on(int result, const Limit &limit);

    UniqueFd fd_;       // these two outlive ssl_
    std::string whose_; // certificate was refused
    Ssl ssl_;
    bool is_broken_ = true; // until the handshake is done
};

// The answer's bytes from a connection, within a limit; both outlive it.
class ConnectionSource : public ByteSource {
public:
    ConnectionSource(Connection &connection, const Limit &limit) : connection_(connection), limit_(limit) {}
    [[nodiscard]] Outcome<std::size_t> read(std::span<char> to) override {
        return connection_.read(to, limit_);
    }

private:
    Connection &connection_;
    const Limit &limit_;
};

} // namespace drv::rest
