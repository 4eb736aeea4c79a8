#include "sdk/rest/tests/tls_server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <netinet/in.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/socket.h>

namespace drv::rest::testing {

bool Peer::read_more() {
    std::array<char, 16384> piece{};
    const int count = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
    if (count <= 0)
        return false;
    buffer_.append(piece.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<std::string> Peer::read_request() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!read_more())
            return std::nullopt;
    }
    std::size_t whole = end + 4;
    constexpr std::string_view kLength = "Content-Length: ";
    if (const auto at = buffer_.find(kLength); at < end) {
        std::size_t body = 0;
        std::from_chars(buffer_.data() + at + kLength.size(), buffer_.data() + end, body);
        whole += body;
    }
    while (buffer_.size() < whole) {
        if (!read_more())
            return std::nullopt;
    }
    std::string request = buffer_.substr(0, whole);
    buffer_.erase(0, whole);
    return request;
}

void Peer::read_begin() {
    read_more();
}

bool Peer::write(std::string_view bytes) {
    return bytes.empty() || SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

bool Peer::answer(int status, std::string_view body, std::string_view headers) {
    return write("HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body));
}

void Peer::wait_for_close() {
    while (read_more())
        buffer_.clear();
}

void Peer::reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    SSL_set_quiet_shutdown(ssl_, 1);
}

void Peer::hang_up() {
    SSL_set_quiet_shutdown(ssl_, 1);
}

TlsServer::TlsServer(const Identity &identity, Handler handler, ServerOptions options)
    : handler_(std::move(handler)),
      listener_(::socket(options.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    if (options.newest_version != 0) {
        SSL_CTX_set_min_proto_version(context_.get(), 0);
        SSL_CTX_set_max_proto_version(context_.get(), options.newest_version);
        SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    }
    sockaddr_storage address{};
    socklen_t size = 0;
    if (options.ipv6) {
        auto *v6 = reinterpret_cast<sockaddr_in6 *>(&address);
        v6->sin6_family = AF_INET6;
        v6->sin6_addr = in6addr_loopback;
        size = sizeof *v6;
    } else {
        auto *v4 = reinterpret_cast<sockaddr_in *>(&address);
        v4->sin_family = AF_INET;
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        size = sizeof *v4;
    }
    if (::bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), size) != 0 ||
        ::listen(listener_.get(), 64) != 0)
        throw std::runtime_error("no loopback address to listen on");
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr *>(&address), &size);
    port_ = ntohs(options.ipv6 ? reinterpret_cast<sockaddr_in6 *>(&address)->sin6_port
                               : reinterpret_cast<sockaddr_in *>(&address)->sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

TlsServer::~TlsServer() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        ::shutdown(listener_.get(), SHUT_RDWR);
        for (const int fd : open_)
            ::shutdown(fd, SHUT_RDWR);
    }
    acceptor_.join();
    for (std::thread &thread : threads_)
        thread.join();
}

void TlsServer::accept_all() {
    while (true) {
        const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0)
            return;
        const std::lock_guard lock(mutex_);
        if (is_stopping_) {
            ::close(fd);
            return;
        }
        open_.push_back(fd);
        threads_.emplace_back([this, fd, number = ++connections_] { serve(fd, number); });
    }
}

void TlsServer::serve(int fd, int number) {
    // Writing to a client that is gone is for this thread to notice; the client has to do without such help.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);

    const std::unique_ptr<SSL, void (*)(SSL *)> ssl(SSL_new(context_.get()), &SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) == 1) {
        Peer peer(ssl.get(), fd, number);
        handler_(peer);
        SSL_shutdown(ssl.get());
    }
    const std::lock_guard lock(mutex_);
    open_.erase(std::ranges::find(open_, fd));
    ::close(fd);
}

} // namespace drv::rest::testing
