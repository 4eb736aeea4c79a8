// An HTTPS server for simulators: each connection has a thread that reads requests and writes answers one
// after the other, which leaves room for every misbehaviour that a fault may ask for. HTTP/1.1 with
// keep-alive; bodies are read on every method.
#pragma once

#include "conformance/simulators/frame/message.hpp"
#include "conformance/simulators/frame/tls_identity.hpp"
#include "loader/base/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace drover::sim {

struct ListenAddress {
    std::string host = "127.0.0.1"; // a literal IPv4 or IPv6 address
    std::uint16_t port = 0;         // 0: any free one

    // "127.0.0.1:8443", "[::1]:0".
    [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
};

class Server {
public:
    // Called by the connections' threads, many at a time. What it throws becomes a 500.
    using Handler = std::function<Reply(const Request &)>;

    // Listens from now on.
    [[nodiscard]] static Result<std::unique_ptr<Server>> open(const ListenAddress &address, TlsContext tls,
                                                              Handler handler);
    ~Server();
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    [[nodiscard]] const ListenAddress &address() const noexcept { return address_; }
    // Takes connections until `stop` is readable, then ends them all and returns. A handler that waits must
    // be woken by other means.
    void run(int stop);

    static constexpr std::size_t kMostConnections = 1000;
    static constexpr std::uint64_t kMostBodyBytes = 32ULL << 20U;
    static constexpr std::uint32_t kMostHeaderBytes = 64U << 10U;

private:
    struct Connection {
        int fd = -1; // -1 when its thread is done with it; under mutex_
        std::thread thread;
    };

    Server(ListenAddress address, UniqueFd listener, TlsContext tls, Handler handler);
    void accept_one();
    void serve(Connection &connection, UniqueFd fd);
    void join_finished();

    ListenAddress address_;
    UniqueFd listener_;
    TlsContext tls_;
    Handler handler_;
    std::mutex mutex_;
    std::list<Connection> connections_;
};

} // namespace drover::sim
