#include "core/http/connection.hpp"

#include "core/http/last_chunk.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <iterator>
#include <poll.h>
#include <sys/socket.h>

namespace drover::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;

Connection::Connection(std::shared_ptr<Server::State> server, Socket socket, Peer peer)
    : server_(std::move(server)), socket_(std::move(socket)), peer_(peer), timer_(server_->context),
      buffer_(server_->options.max_header_bytes + server_->options.max_body_bytes) {}

void Connection::next() {
    if (server_->is_stopping)
        return close();
    phase_ = Phase::idle;
    parser_.reset();
    if (buffer_.size() > 0)
        return read_header();
    buffer_ = beast::flat_buffer(buffer_.max_size()); // an idle connection keeps no memory
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode &error) {
        if (self->phase_ == Phase::closed)
            return;
        if (error)
            return self->close();
        self->read_header();
    });
}

void Connection::read_header() {
    phase_ = Phase::reading;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server_->options.max_header_bytes));
    parser_->body_limit(server_->options.max_body_bytes);
    limit_time();
    beast::http::async_read_header(socket_, buffer_, *parser_,
                                   [self = shared_from_this()](const ErrorCode &error, std::size_t) {
                                       if (self->phase_ == Phase::closed)
                                           return;
                                       if (error)
                                           return self->read_failed(error);
                                       self->read_body();
                                   });
}

void Connection::read_body() {
    if (parser_->is_done())
        return hand_over();
    if (beast::iequals(parser_->get()[beast::http::field::expect], "100-continue")) {
        // Nothing else is being written, and the few bytes fit into an empty socket buffer; a client that has
        // let it fill up is not waiting for them.
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        (void)::send(socket_.native_handle(), kContinue.data(), kContinue.size(),
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    read_first_chunk();
}

void Connection::read_first_chunk() {
    const std::string_view read(static_cast<const char *>(buffer_.data().data()), buffer_.size());
    if (!parser_->chunked() || !is_half_last_chunk(read))
        return read_rest();
    socket_.async_read_some(buffer_.prepare(kLastChunk.size() - read.size()),
                            [self = shared_from_this()](const ErrorCode &error, std::size_t bytes) {
                                if (self->phase_ == Phase::closed)
                                    return;
                                if (error)
                                    return self->read_failed(error);
                                self->buffer_.commit(bytes);
                                self->read_first_chunk();
                            });
}

void Connection::read_rest() {
    beast::http::async_read(socket_, buffer_, *parser_,
                            [self = shared_from_this()](const ErrorCode &error, std::size_t) {
                                if (self->phase_ == Phase::closed)
                                    return;
                                if (error)
                                    return self->read_failed(error);
                                self->hand_over();
                            });
}

void Connection::read_failed(const ErrorCode &why) {
    using Broken = beast::http::error;
    const ServerOptions &options = server_->options;
    if (is_out_of_time_) {
        return refuse(408, fmt::format("the request was not complete within {} s",
                                       std::chrono::duration<double>(options.transfer_timeout).count()));
    }
    if (why == Broken::body_limit || why == Broken::buffer_overflow)
        return refuse(413, fmt::format("the request's body is larger than {} bytes", options.max_body_bytes));
    if (why == Broken::header_limit)
        return refuse_header();
    // The client is gone, between two requests or in the middle of one.
    const bool is_syntax = why.category() == ErrorCode(Broken::bad_method).category();
    if (!is_syntax || why == Broken::end_of_stream || why == Broken::partial_message)
        return close();
    refuse(400, fmt::format("this is no HTTP request ({})", why.message()));
}

void Connection::refuse(unsigned status, std::string_view text) {
    unlimit_time();
    keep_alive_ = false;
    without_body_ = false;
    version_ = 11;
    write(server_->error_response(status, text), {});
}

void Connection::refuse_header() {
    refuse(431,
           fmt::format("the request's headers are larger than {} bytes", server_->options.max_header_bytes));
}

void Connection::hand_over() {
    unlimit_time();
    auto message = parser_->release();
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    without_body_ = message.method() == beast::http::verb::head;
    Request request{.method = std::string(message.method_string()),
                    .target = std::string(message.target()),
                    .body = std::move(message.body()),
                    .peer = peer_,
                    .first_of_connection = !std::exchange(has_served_, true)};
    // Beast does not count a header that comes in one piece, nor what follows a body in pieces.
    std::size_t bytes = 0;
    for (const auto &field : message) {
        bytes += field.name_string().size() + field.value().size();
        request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    if (bytes > server_->options.max_header_bytes)
        return refuse_header();
    phase_ = Phase::handling;
    const Responder responder(std::make_shared<Responder::State>(server_, weak_from_this()));
    try {
        server_->handler(std::move(request), responder);
    } catch (const std::exception &error) {
        // The text may hold anything; it is not for the client.
        responder.respond(server_->error_response(500, "internal error: the request's handler failed"));
    }
}

void Connection::answer(const Response &response, Delivered delivered) {
    if (phase_ != Phase::handling) {
        if (delivered)
            delivered(false);
        return;
    }
    write(response, std::move(delivered));
}

// After close() of the peer; a peer that only has nothing more to send is still there.
bool Connection::is_peer_gone() {
    pollfd look{.fd = socket_.native_handle(), .events = 0, .revents = 0};
    return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

void Connection::write(const Response &response, Delivered delivered) {
    phase_ = Phase::writing;
    delivered_ = std::move(delivered);
    if (server_->is_stopping)
        keep_alive_ = false;
    if (is_peer_gone())
        return written(false);
    const auto reason = beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
    out_.clear();
    fmt::format_to(std::back_inserter(out_), "HTTP/1.1 {} {}\r\n", response.status, std::string_view(reason));
    if (response.status != 204) {
        if (!response.content_type.empty())
            fmt::format_to(std::back_inserter(out_), "Content-Type: {}\r\n", response.content_type);
        fmt::format_to(std::back_inserter(out_), "Content-Length: {}\r\n", response.body.size());
    }
    for (const Header &header : response.headers)
        fmt::format_to(std::back_inserter(out_), "{}: {}\r\n", header.name, header.value);
    if (!keep_alive_) {
        out_ += "Connection: close\r\n";
    } else if (version_ < 11) {
        out_ += "Connection: keep-alive\r\n";
    }
    out_ += "\r\n";
    if (response.status != 204 && !without_body_)
        out_ += response.body;
    // Nearly every answer fits into the socket's buffer, and then nobody has to wait.
    const ssize_t sent =
        ::send(socket_.native_handle(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return written(false);
    const auto done = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    if (done == out_.size())
        return written(true);
    write_rest(done);
}

void Connection::write_rest(std::size_t sent) {
    limit_time();
    asio::async_write(socket_, asio::buffer(out_.data() + sent, out_.size() - sent),
                      [self = shared_from_this()](const ErrorCode &error, std::size_t) {
                          self->unlimit_time();
                          self->written(!error);
                      });
}

void Connection::written(bool ok) {
    out_ = {};
    if (const Delivered told = std::exchange(delivered_, nullptr))
        told(ok);
    if (phase_ == Phase::closed)
        return;
    if (!ok)
        return close();
    if (keep_alive_)
        return next();
    drain();
}

void Connection::drain() {
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    out_.resize(4096);
    limit_time();
    discard();
}

void Connection::discard() {
    socket_.async_read_some(asio::buffer(out_),
                            [self = shared_from_this()](const ErrorCode &error, std::size_t) {
                                if (error || self->server_->is_stopping)
                                    return self->close();
                                self->discard();
                            });
}

void Connection::limit_time() {
    is_out_of_time_ = false;
    timer_.expires_after(server_->options.transfer_timeout);
    timer_.async_wait([weak = weak_from_this(), generation = ++limit_generation_](const ErrorCode &error) {
        const auto self = weak.lock();
        // An expiry may be on its way already when the limit is lifted; it must not hit the next request.
        if (error || !self || self->limit_generation_ != generation || self->phase_ == Phase::closed)
            return;
        self->is_out_of_time_ = true;
        ErrorCode ignored;
        self->socket_.cancel(ignored);
    });
}

void Connection::unlimit_time() {
    ++limit_generation_;
    timer_.cancel();
}

void Connection::close() {
    if (phase_ == Phase::closed)
        return;
    phase_ = Phase::closed;
    unlimit_time();
    ErrorCode ignored;
    socket_.close(ignored);
    // Told now, since an answer that is being written is lost.
    if (const Delivered told = std::exchange(delivered_, nullptr))
        told(false);
    server_->remove(this);
}

} // namespace drover::http
