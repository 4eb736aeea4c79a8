#include "conformance/simulators/frame/server.hpp"

#include "conformance/simulators/frame/exchange.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace drover::sim {

namespace {

constexpr timeval kIdleLimit{.tv_sec = 300, .tv_usec = 0};

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

Result<SocketAddress> socket_address(const ListenAddress &address) {
    SocketAddress out;
    auto *v4 = reinterpret_cast<sockaddr_in *>(&out.storage);
    auto *v6 = reinterpret_cast<sockaddr_in6 *>(&out.storage);
    if (::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address.port);
        out.size = sizeof *v4;
        return out;
    }
    if (::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address.port);
        out.size = sizeof *v6;
        return out;
    }
    return fail(
        Code::invalid,
        fmt::format("\"{}\" is no IP address to listen on; give one such as 127.0.0.1:8443", address.host));
}

} // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    ListenAddress address;
    const char *first = colon == std::string_view::npos ? nullptr : text.data() + colon + 1;
    const char *last = text.data() + text.size();
    if (first == nullptr || first == last)
        return fail(Code::invalid, fmt::format("\"{}\" is not ADDRESS:PORT, as in 127.0.0.1:8443", text));
    const auto read = std::from_chars(first, last, address.port);
    if (read.ec != std::errc() || read.ptr != last)
        return fail(Code::invalid, fmt::format("\"{}\" ends in no port number (0 to 65535)", text));
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    address.host = host;
    if (auto checked = socket_address(address); !checked)
        return fail(std::move(checked).error());
    return address;
}

std::string ListenAddress::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

Result<std::unique_ptr<Server>> Server::open(const ListenAddress &address, TlsContext tls, Handler handler) {
    auto target = socket_address(address);
    if (!target)
        return fail(std::move(target).error());
    UniqueFd listener(::socket(target->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    auto *raw = reinterpret_cast<sockaddr *>(&target->storage);
    if (!listener || ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(listener.get(), raw, target->size) != 0 || ::listen(listener.get(), 512) != 0 ||
        ::getsockname(listener.get(), raw, &target->size) != 0)
        return fail_errno(errno, fmt::format("cannot listen on {}", address.text()));
    ListenAddress bound = address;
    bound.port = ntohs(target->storage.ss_family == AF_INET
                           ? reinterpret_cast<sockaddr_in *>(&target->storage)->sin_port
                           : reinterpret_cast<sockaddr_in6 *>(&target->storage)->sin6_port);
    return std::unique_ptr<Server>(
        new Server(std::move(bound), std::move(listener), std::move(tls), std::move(handler)));
}

Server::Server(ListenAddress address, UniqueFd listener, TlsContext tls, Handler handler)
    : address_(std::move(address)), listener_(std::move(listener)), tls_(std::move(tls)),
      handler_(std::move(handler)) {}

Server::~Server() {
    {
        const std::lock_guard lock(mutex_);
        for (const Connection &connection : connections_) {
            if (connection.fd >= 0)
                ::shutdown(connection.fd, SHUT_RDWR);
        }
    }
    for (Connection &connection : connections_)
        connection.thread.join();
}

void Server::run(int stop) {
    for (;;) {
        pollfd waits[] = {{stop, POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        if (::poll(waits, 2, -1) < 0 && errno != EINTR)
            break;
        if (waits[0].revents != 0)
            break;
        if (waits[1].revents != 0)
            accept_one();
    }
    const std::lock_guard lock(mutex_);
    for (const Connection &connection : connections_) {
        if (connection.fd >= 0)
            ::shutdown(connection.fd, SHUT_RDWR);
    }
}

void Server::accept_one() {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd)
        return;
    join_finished();
    const std::lock_guard lock(mutex_);
    if (connections_.size() >= kMostConnections)
        return; // closed at once, as a REST server at its limit does
    const int yes = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kIdleLimit, sizeof kIdleLimit);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kIdleLimit, sizeof kIdleLimit);
    Connection &connection = connections_.emplace_back();
    connection.fd = fd.get();
    connection.thread = std::thread(
        [this, &connection, owned = std::move(fd)]() mutable { serve(connection, std::move(owned)); });
}

void Server::serve(Connection &connection, UniqueFd fd) {
    serve_connection(*tls_, fd.get(), handler_);
    const std::lock_guard lock(mutex_);
    connection.fd = -1; // and closed under the lock, so that nobody shuts down a stranger's descriptor
    fd.reset();
}

void Server::join_finished() {
    std::list<Connection> finished;
    {
        const std::lock_guard lock(mutex_);
        for (auto it = connections_.begin(); it != connections_.end();) {
            const auto next = std::next(it);
            if (it->fd < 0)
                finished.splice(finished.end(), connections_, it);
            it = next;
        }
    }
    for (Connection &connection : finished)
        connection.thread.join();
}

} // namespace drover::sim
