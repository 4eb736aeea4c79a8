#include "fuzz/wire/wire.hpp"

#include "core/http/connection.hpp"
#include "core/http/server_state.hpp"
#include "fuzz/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sys/socket.h>

namespace drover::fuzz {

namespace {

// What is there to be read now; false when the other side has hung up.
bool read_all(int socket, std::string &out) {
    char buffer[16384];
    while (true) {
        const ssize_t got = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got > 0)
            out.append(buffer, static_cast<std::size_t>(got));
    }
}

std::string_view take_line(std::string_view &text) {
    const auto end = text.find("\r\n");
    require(end != std::string_view::npos, "a line of an answer has an end", text);
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

// Every header of ours, and nothing that an input could have smuggled in.
void read_header(std::string_view line, Answer &answer, std::size_t &length) {
    constexpr std::string_view kKnown[] = {"Content-Type", "Content-Length", "Connection",        "Allow",
                                           "Location",     "Retry-After",    "Preference-Applied"};
    const auto colon = line.find(": ");
    require(colon != std::string_view::npos, "a header has a name and a value", line);
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    require(std::find(std::begin(kKnown), std::end(kKnown), name) != std::end(kKnown),
            "a header is one of ours", line);
    require(is_one_line(value), "a header's value is visible text", line);
    if (name == "Content-Type")
        answer.content_type = value;
    if (name == "Content-Length") {
        const auto read = std::from_chars(value.data(), value.data() + value.size(), length);
        require(read.ec == std::errc() && read.ptr == value.data() + value.size(), "a length is a number",
                line);
    }
}

} // namespace

Wire::Wire(Handler handler, http::ErrorResponse error_response) {
    http::ServerOptions options;
    options.max_header_bytes = kWireHeaderBytes;
    options.max_body_bytes = kWireBodyBytes;
    options.error_response = std::move(error_response);
    state_ = std::make_shared<http::Server::State>(
        loop_, std::move(options),
        [this, handled = std::move(handler)](const http::Request &request, const http::Responder &responder) {
            current_.requests.push_back(request);
            handled(request, responder);
        });
    state_->is_accepting = true; // there is no listening socket to go back to
}

Wire::~Wire() {
    turn();
}

void Wire::turn() {
    while (loop_.impl().context.poll() > 0) {
    }
}

Wire::Exchange Wire::exchange(std::string_view bytes, std::size_t piece) {
    current_ = {};
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
            "there are sockets");
    using Protocol = boost::asio::local::stream_protocol;
    state_->accepted(Protocol::socket(state_->context, Protocol(), ends[1]));
    bool is_open = true;
    while (is_open && !bytes.empty()) {
        const ssize_t sent = ::send(ends[0], bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            break;
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
        turn();
        is_open = read_all(ends[0], current_.answers);
    }
    ::shutdown(ends[0], SHUT_WR);
    // Each turn does all that can be done, and reading makes room for more.
    for (int idle = 0; is_open && idle < 3; ++idle) {
        const std::size_t before = current_.answers.size();
        turn();
        is_open = read_all(ends[0], current_.answers);
        if (current_.answers.size() != before)
            idle = 0;
    }
    ::close(ends[0]);
    require(!is_open, "a client that has no more to say is not kept", current_.answers);
    turn();
    require(state_->connections.empty(), "a connection that ended is forgotten");
    return std::exchange(current_, {});
}

std::vector<Answer> read_answers(std::string_view text, const std::vector<http::Request> &requests) {
    std::vector<Answer> answers;
    while (!text.empty()) {
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        if (text.starts_with(kContinue)) {
            text.remove_prefix(kContinue.size());
            continue;
        }
        require(answers.size() <= requests.size(), "one answer for each request, and one refusal at most",
                text);
        const std::string_view status = take_line(text);
        Answer answer;
        require(status.starts_with("HTTP/1.1 ") && status.size() > 12, "an answer begins with its status",
                status);
        const auto read = std::from_chars(status.data() + 9, status.data() + 12, answer.status);
        require(read.ptr == status.data() + 12 && answer.status >= 200 && answer.status < 600,
                "a status is a number", status);
        std::size_t length = 0;
        for (std::string_view line = take_line(text); !line.empty(); line = take_line(text))
            read_header(line, answer, length);
        const bool is_head = answers.size() < requests.size() && requests[answers.size()].method == "HEAD";
        length = is_head ? 0 : length;
        require(text.size() >= length, "a body is as long as it is said to be", text);
        answer.body = text.substr(0, length);
        text.remove_prefix(length);
        answers.push_back(std::move(answer));
    }
    require(answers.size() >= requests.size(), "every request is answered");
    return answers;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
    return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", method, target,
                       body.size(), body);
}

} // namespace drover::fuzz
