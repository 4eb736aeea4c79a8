#include "sdk/rest/connection.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace drv::rest {

namespace {

std::string problem_of(int number) {
    return std::generic_category().message(number);
}

Outcome<UniqueFd> reach(const Endpoint &endpoint, const Limit &limit) {
    const auto *address = reinterpret_cast<const sockaddr *>(&endpoint.address);
    UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return failed(Failure::Kind::broken, "no socket can be made: " + problem_of(errno));
    // A request is written at once; waiting for more would only delay it. Keep-alive frees what a dead peer
    // holds.
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (::connect(fd.get(), address, endpoint.length) == 0)
        return fd;
    if (errno != EINPROGRESS && errno != EINTR)
        return failed(Failure::Kind::broken, "no connection: " + problem_of(errno));
    if (const auto state = limit.wait(fd.get(), POLLOUT); state != Limit::State::open)
        return failed(state);
    int problem = 0;
    socklen_t size = sizeof problem;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
        problem = errno;
    if (problem != 0)
        return failed(Failure::Kind::broken, "no connection: " + problem_of(problem));
    return fd;
}

} // namespace

Outcome<std::unique_ptr<Connection>> Connection::open(const std::vector<Endpoint> &endpoints,
                                                      const Address &address, const TlsContext &tls,
                                                      const Limit &limit, std::chrono::nanoseconds each) {
    Failure last{Failure::Kind::broken, "it has no address"};
    for (const Endpoint &endpoint : endpoints) {
        const Limit share = limit.at_most(each);
        auto fd = reach(endpoint, share);
        if (fd) {
            std::unique_ptr<Connection> connection(new Connection(std::move(*fd)));
            connection->ssl_ = tls.make(address, connection->fd_.get(), connection->whose_);
            const auto done = connection->shake_hands(address, tls, share);
            if (done)
                return connection;
            last = done.error();
        } else {
            last = fd.error();
        }
        if (const auto state = limit.state(); state != Limit::State::open)
            return failed(state);
        if (last.kind == Failure::Kind::late) // only this address's share is over
            last = {Failure::Kind::broken, "it did not accept a connection in time"};
    }
    return tl::unexpected(last);
}

Connection::~Connection() {
    if (ssl_ && !is_broken_) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
}

Outcome<void> Connection::shake_hands(const Address &address, const TlsContext &tls, const Limit &limit) {
    while (true) {
        ERR_clear_error();
        const int result = SSL_connect(ssl_.get());
        if (result == 1) {
            is_broken_ = false;
            return {};
        }
        const int error = SSL_get_error(ssl_.get(), result);
        if (error == SSL_ERROR_SSL) {
            const auto kind =
                TlsContext::was_refused(ssl_.get()) ? Failure::Kind::refused : Failure::Kind::broken;
            return failed(kind, tls.reason_of(ssl_.get(), address));
        }
        if (auto waited = go_on(result, limit); !waited) {
            if (waited.error().kind == Failure::Kind::broken)
                waited.error().detail = "no TLS connection: " + waited.error().detail;
            return waited;
        }
    }
}

Outcome<void> Connection::go_on(int result, const Limit &limit) {
    const int saved = errno;
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        const auto state = limit.wait(fd_.get(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
        if (state == Limit::State::open)
            return {};
        is_broken_ = true;
        return failed(state);
    }
    is_broken_ = true;
    if (error == SSL_ERROR_SYSCALL) {
        return failed(Failure::Kind::broken, result == 0 || saved == 0
                                                 ? "the array closed the connection"
                                                 : "the connection broke: " + problem_of(saved));
    }
    if (error == SSL_ERROR_ZERO_RETURN)
        return failed(Failure::Kind::broken, "the array closed the connection");
    return failed(Failure::Kind::broken, "the connection broke: " + openssl_problem());
}

Outcome<void> Connection::write(std::string_view bytes, const Limit &limit) {
    while (!bytes.empty()) {
        if (const auto state = limit.state(); state != Limit::State::open) {
            is_broken_ = true;
            return failed(state);
        }
        ERR_clear_error();
        errno = 0;
        std::size_t count = 0;
        const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
        if (result == 1) {
            bytes.remove_prefix(count);
        } else if (auto waited = go_on(result, limit); !waited) {
            return waited;
        }
    }
    return {};
}

Outcome<std::size_t> Connection::read(std::span<char> to, const Limit &limit) {
    while (true) {
        // Also where bytes never stop coming.
        if (const auto state = limit.state(); state != Limit::State::open) {
            is_broken_ = true;
            return failed(state);
        }
        ERR_clear_error();
        errno = 0;
        std::size_t count = 0;
        const int result = SSL_read_ex(ssl_.get(), to.data(), to.size(), &count);
        if (result == 1)
            return count;
        if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN)
            return 0;
        if (auto waited = go_on(result, limit); !waited)
            return tl::unexpected(waited.error());
    }
}

bool Connection::is_usable() {
    if (is_broken_)
        return false;
    ERR_clear_error();
    char byte = 0;
    // Tickets of TLS 1.3 arrive after the handshake: they are taken here and mean nothing.
    const int result = SSL_peek(ssl_.get(), &byte, 1);
    const bool usable = result <= 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    is_broken_ = !usable;
    return usable;
}

} // namespace drv::rest
