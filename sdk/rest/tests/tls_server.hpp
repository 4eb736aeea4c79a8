// A real TLS server on loopback that behaves as a test tells it, each connection on a thread of its own.
#pragma once

#include "sdk/rest/tests/certificates.hpp"
#include "sdk/rest/unique_fd.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace drv::rest::testing {

// A connection as the server sees it.
class Peer {
public:
    Peer(SSL *ssl, int fd, int number) : ssl_(ssl), fd_(fd), number_(number) {}
    // 1 for the first connection to the server.
    [[nodiscard]] int number() const noexcept { return number_; }
    // Header and body; nothing when the client has closed.
    std::optional<std::string> read_request();
    // Waits for the beginning of one and leaves the rest unread.
    void read_begin();
    // False when the client is gone.
    bool write(std::string_view bytes);
    bool answer(int status, std::string_view body, std::string_view headers = "");
    // Blocks until the client closes.
    void wait_for_close();
    // Ends with a reset instead of an orderly end. Otherwise the end of the handler is orderly.
    void reset();
    // Ends without TLS's farewell.
    void hang_up();

private:
    bool read_more();

    SSL *ssl_;
    int fd_;
    int number_;
    std::string buffer_;
};

struct ServerOptions {
    bool ipv6 = false;
    int newest_version = 0; // TLS1_2_VERSION ...; 0: no limit
};

class TlsServer {
public:
    using Handler = std::function<void(Peer &)>;
    TlsServer(const Identity &identity, Handler handler, ServerOptions options = {});
    ~TlsServer();
    TlsServer(const TlsServer &) = delete;
    TlsServer &operator=(const TlsServer &) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    // How many came so far.
    [[nodiscard]] int connections() const noexcept { return connections_; }

private:
    void accept_all();
    void serve(int fd, int number);

    Handler handler_;
    UniqueFd listener_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX *)> context_;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_{0};
    std::mutex mutex_;
    std::vector<int> open_;
    std::vector<std::thread> threads_;
    bool is_stopping_ = false;
    std::thread acceptor_;
};

} // namespace drv::rest::testing
