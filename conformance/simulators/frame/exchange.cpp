#include "conformance/simulators/frame/exchange.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <sys/socket.h>

namespace drover::sim {

namespace {

namespace http = boost::beast::http;

struct SslDeleter {
    void operator()(SSL *ssl) const noexcept { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, SslDeleter>;

class Line {
public:
    explicit Line(SSL *ssl) : ssl_(ssl) {}

    // False when the client is gone.
    bool read_more() {
        std::array<char, 16384> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init): SSL_read fills it
        const int count = SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        if (count <= 0) {
            ERR_clear_error();
            return false;
        }
        buffer.append(bytes.data(), static_cast<std::size_t>(count));
        return true;
    }

    bool write(std::string_view bytes) {
        while (!bytes.empty()) {
            std::size_t written = 0;
            if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written) != 1) {
                ERR_clear_error();
                return false;
            }
            bytes.remove_prefix(written);
        }
        return true;
    }

    std::string buffer;

private:
    SSL *ssl_;
};

struct Read {
    Request request;
    bool keeps_alive = true;
};

struct ReadResult {
    std::optional<Read> read;        // nothing: the client is gone, or what it sent is no request
    std::optional<Response> refusal; // the answer to what is no request
};

Response refusal(unsigned status, std::string_view what) {
    return {.status = status, .body = fmt::format("{}\n", what), .content_type = "text/plain"};
}

// `wants` is called once when the client waits for leave to send the body.
ReadResult read_request(Line &line) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(Server::kMostHeaderBytes);
    parser.body_limit(Server::kMostBodyBytes);
    parser.eager(true);
    bool told_to_go_on = false;
    while (!parser.is_done()) {
        boost::system::error_code error;
        const std::size_t used =
            line.buffer.empty() ? 0 : parser.put(boost::asio::buffer(line.buffer), error);
        line.buffer.erase(0, used);
        if (error == http::error::body_limit)
            return {{}, refusal(413, "the body is larger than this simulator reads")};
        if (error && error != http::error::need_more)
            return {{}, refusal(400, "this is no HTTP request: " + error.message())};
        if (parser.is_done())
            break;
        if (parser.is_header_done() && !told_to_go_on &&
            parser.get()[http::field::expect] == "100-continue") {
            told_to_go_on = true;
            if (!line.write("HTTP/1.1 100 Continue\r\n\r\n"))
                return {};
        }
        if ((error == http::error::need_more || used == 0) && !line.read_more())
            return {};
    }
    auto message = parser.release();
    Read read;
    read.keeps_alive = message.keep_alive();
    read.request.method = std::string(message.method_string());
    read.request.target = std::string(message.target());
    for (const auto &field : message)
        read.request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    read.request.body = std::move(message.body());
    if (!read_target(read.request))
        return {{}, refusal(400, "this is no path with a query")};
    return {std::move(read), {}};
}

std::string head_of(const Response &response, bool keeps_alive) {
    std::string head = fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n", response.status,
        std::string_view(http::obsolete_reason(http::int_to_status(response.status))), response.content_type,
        response.body.size(), keeps_alive ? "keep-alive" : "close");
    for (const auto &[name, value] : response.headers)
        head += fmt::format("{}: {}\r\n", name, value);
    return head + "\r\n";
}

Reply ask(const Server::Handler &handler, const Request &request) {
    try {
        return handler(request);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "drover-array-sim: %s %s failed: %s\n", request.method.c_str(),
                     request.path.c_str(), error.what());
        return {.response = refusal(500, error.what())};
    }
}

// False when the connection is to end.
bool answer(Line &line, const Read &read, const Reply &reply, int fd) {
    const std::string &body = reply.response.body;
    switch (reply.delivery) {
    case Delivery::dropped:
        return false;
    case Delivery::reset: {
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return false;
    }
    case Delivery::truncated:
        static_cast<void>(line.write(head_of(reply.response, false) + body.substr(0, body.size() / 2)));
        return false;
    case Delivery::whole:
        break;
    }
    std::string bytes = head_of(reply.response, read.keeps_alive);
    if (read.request.method != "HEAD")
        bytes += body;
    return line.write(bytes) && read.keeps_alive;
}

void converse(SSL *ssl, int fd, const Server::Handler &handler) {
    Line line(ssl);
    for (;;) {
        const ReadResult result = read_request(line);
        if (result.refusal)
            static_cast<void>(line.write(head_of(*result.refusal, false) + result.refusal->body));
        if (!result.read)
            return;
        const Reply reply = ask(handler, result.read->request);
        if (!answer(line, *result.read, reply, fd)) {
            if (reply.delivery != Delivery::reset)
                SSL_shutdown(ssl);
            return;
        }
    }
}

} // namespace

void serve_connection(ssl_ctx_st &tls, int fd, const Server::Handler &handler) noexcept {
    try {
        const Ssl ssl(SSL_new(&tls));
        if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1 || SSL_accept(ssl.get()) != 1) {
            ERR_clear_error(); // a client that trusts nobody, or no client at all
            return;
        }
        converse(ssl.get(), fd, handler);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "drover-array-sim: a connection failed: %s\n", error.what());
    }
}

} // namespace drover::sim
