#include "core/http/client.hpp"

#include "core/http/last_chunk.hpp"
#include "core/http/socket_file.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <poll.h>
#include <sys/socket.h>

namespace drover::http {

namespace {

namespace beast = boost::beast;
constexpr std::size_t kMaxAnswerBytes = std::size_t{256} << 20;

std::string serialized(const ClientRequest &request) {
    std::string out;
    const auto to = std::back_inserter(out);
    fmt::format_to(to, "{} {} HTTP/1.1\r\nHost: localhost\r\n", request.method, request.target);
    for (const Header &header : request.headers)
        fmt::format_to(to, "{}: {}\r\n", header.name, header.value);
    if (!request.body.empty() || request.method != "GET")
        fmt::format_to(to, "Content-Length: {}\r\n", request.body.size());
    out += "\r\n";
    out += request.body;
    return out;
}

bool changes_something(std::string_view method) noexcept {
    return method != "GET" && method != "HEAD";
}

Code code_named(std::string_view name) noexcept {
    constexpr std::array kCodes = {Code::internal,    Code::invalid,  Code::unsupported, Code::not_found,
                                   Code::exists,      Code::conflict, Code::no_space,    Code::auth,
                                   Code::unreachable, Code::deadline, Code::cancelled,   Code::gone};
    for (const Code code : kCodes) {
        if (to_string(code) == name)
            return code;
    }
    return Code::internal;
}

Error error_in(const boost::json::value &body, unsigned status, std::string_view text) {
    const auto *object = body.if_object();
    const auto *inner = object != nullptr ? object->if_contains("error") : nullptr;
    const auto *error = inner != nullptr ? inner->if_object() : nullptr;
    if (error == nullptr)
        return {.message = fmt::format("the answer was HTTP {}: {}", status, text.substr(0, 200))};
    const auto text_of = [&](const char *key) -> std::string {
        const auto *value = error->if_contains(key);
        const auto *string = value != nullptr ? value->if_string() : nullptr;
        return string != nullptr ? std::string(string->begin(), string->end()) : std::string();
    };
    const auto is_true = [&](const char *key) {
        const auto *value = error->if_contains(key);
        return value != nullptr && value->is_bool() && value->get_bool();
    };
    Error out{.code = code_named(text_of("code")),
              .message = text_of("message"),
              .vendor_code = text_of("vendor_code"),
              .retryable = is_true("retryable"),
              .state_unknown = is_true("state_unknown")};
    if (const auto *after = error->if_contains("retry_after_ms"); after != nullptr && after->is_int64())
        out.retry_after = std::chrono::milliseconds(after->get_int64());
    if (out.message.empty())
        out.message = fmt::format("the answer was HTTP {} without words", status);
    return out;
}

// Waits until the socket can be read or written, or the deadline.
bool wait_for(int fd, short events, Deadline deadline) {
    pollfd look{.fd = fd, .events = events, .revents = 0};
    while (true) {
        const int ready = ::poll(&look, 1, deadline.poll_timeout_ms());
        if (ready > 0)
            return true;
        if (ready == 0 && deadline.has_passed())
            return false;
    }
}

} // namespace

Client::Client(std::filesystem::path socket, std::string program)
    : socket_(std::move(socket)), program_(std::move(program)) {}

Result<void> Client::connect(Deadline deadline) {
    while (true) {
        auto fd = connect_to_socket(socket_);
        if (fd) {
            fd_ = std::move(*fd);
            return {};
        }
        if (fd.error().code == Code::conflict && fd.error().retryable) { // more wait than the kernel lets
            if (deadline.has_passed()) {
                return fail_retryable(
                    Code::deadline, fmt::format("{} is too busy to take a connection on {}: try again later",
                                                program_, socket_.native()));
            }
            ::poll(nullptr, 0, 10);
            continue;
        }
        if (fd.error().code == Code::auth) {
            return fail(Code::auth, fmt::format("cannot connect to {}: permission denied; run this as root",
                                                socket_.native()));
        }
        if (fd.error().code == Code::invalid)
            return fail(std::move(fd).error());
        return fail_retryable(Code::unreachable,
                              fmt::format("cannot connect to {}: is {} running? (systemctl status {})",
                                          socket_.native(), program_, program_));
    }
}

Result<ClientResponse> Client::exchange(const ClientRequest &request, Deadline deadline, bool &untouched) {
    const bool unknown = changes_something(request.method);
    const auto broke = [&](std::string_view how) {
        fd_.reset();
        return fail(Error{.code = Code::gone,
                          .message = fmt::format("{} {} before its answer to {} {} was complete", program_,
                                                 how, request.method, request.target),
                          .retryable = true,
                          .state_unknown = unknown});
    };
    const auto late = [&] {
        fd_.reset();
        return fail(
            Error{.code = Code::deadline,
                  .message = fmt::format("{} did not answer {} {} in time{}", program_, request.method,
                                         request.target, unknown ? "; it may still do it" : ""),
                  .retryable = true,
                  .state_unknown = unknown});
    };
    const std::string out = serialized(request);
    for (std::size_t sent = 0; sent < out.size();) {
        const ssize_t n =
            ::send(fd_.get(), out.data() + sent, out.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            sent += static_cast<std::size_t>(n);
        } else if (n < 0 && errno == EAGAIN) {
            if (!wait_for(fd_.get(), POLLOUT, deadline))
                return late();
        } else if (n < 0 && errno != EINTR) {
            break; // it may have answered (a refusal) before it hung up
        }
    }

    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(kMaxAnswerBytes);
    std::string in;
    std::array<char, std::size_t{64} << 10> chunk; // NOLINT(cppcoreguidelines-pro-type-member-init)
    while (!parser.is_done()) {
        if (!wait_for(fd_.get(), POLLIN, deadline))
            return late();
        const ssize_t n = ::recv(fd_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        beast::error_code error;
        if (n <= 0) {
            if (!parser.got_some() && in.empty())
                return broke("hung up");
            parser.put_eof(error);
            if (error || !parser.is_done())
                return broke("hung up");
            break;
        }
        untouched = false;
        in.append(chunk.data(), static_cast<std::size_t>(n));
        while (!in.empty() && !parser.is_done()) {
            if (parser.is_header_done() && parser.chunked() && is_half_last_chunk(in))
                break;
            const std::size_t used = parser.put(boost::asio::buffer(in), error);
            in.erase(0, used);
            if (error == beast::http::error::need_more)
                break;
            if (error)
                return broke(fmt::format("sent what is no HTTP ({})", error.message()));
        }
    }
    auto message = parser.release();
    ClientResponse response{.status = message.result_int(), .body = std::move(message.body())};
    for (const auto &field : message)
        response.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    if (!message.keep_alive())
        fd_.reset();
    return response;
}

Result<ClientResponse> Client::send(const ClientRequest &request, Deadline deadline) {
    const bool is_reused = static_cast<bool>(fd_);
    if (!fd_) {
        if (auto connected = connect(deadline); !connected)
            return fail(std::move(connected).error());
    }
    bool untouched = true;
    auto response = exchange(request, deadline, untouched);
    // An old connection may have been closed by a restart of the other side since; then nothing was asked
    // yet.
    if (response || !is_reused || !untouched || response.error().code != Code::gone ||
        changes_something(request.method))
        return response;
    if (auto connected = connect(deadline); !connected)
        return fail(std::move(connected).error());
    return exchange(request, deadline, untouched);
}

Result<JsonReply> Client::json(std::string method, std::string target,
                               const std::optional<boost::json::value> &body, Deadline deadline,
                               std::vector<Header> headers) {
    ClientRequest request{
        .method = std::move(method), .target = std::move(target), .headers = std::move(headers)};
    if (body) {
        request.body = boost::json::serialize(*body);
        request.headers.push_back({"Content-Type", "application/json"});
    }
    auto response = send(request, deadline);
    if (!response)
        return fail(std::move(response).error());
    JsonReply reply{.status = response->status,
                    .location = std::string(find_header(response->headers, "Location"))};
    boost::system::error_code error;
    if (!response->body.empty())
        reply.body = boost::json::parse(response->body, error);
    if (response->status >= 400)
        return fail(error_in(reply.body, response->status, response->body));
    if (error) {
        return fail(Code::internal,
                    fmt::format("{} answered {} {} with what is no JSON: {}", program_, request.method,
                                request.target, response->body.substr(0, 200)));
    }
    return reply;
}

} // namespace drover::http
