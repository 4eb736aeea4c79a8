// A server's connection with no server around it: bytes in, bytes out, on one thread and without a clock, so
// that the same bytes always do the same.
#pragma once

#include "core/http/event_loop.hpp"
#include "core/http/server.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drover::fuzz {

class Wire {
public:
    using Handler = http::Handler;

    // Requests are written down before `handler` sees them.
    Wire(Handler handler, http::ErrorResponse error_response);
    ~Wire();
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;

    [[nodiscard]] http::EventLoop &loop() noexcept { return loop_; }

    struct Exchange {
        std::vector<http::Request> requests; // that reached the handler
        std::string answers;                 // everything that came back
    };
    // A connection on which these bytes are sent, `piece` at a time, and then no more. It must end by itself.
    Exchange exchange(std::string_view bytes, std::size_t piece);

private:
    void turn();

    http::EventLoop loop_;
    Exchange current_;
    std::shared_ptr<http::Server::State> state_;
};

inline constexpr std::size_t kWireHeaderBytes = 2048;
inline constexpr std::size_t kWireBodyBytes = 4096;

struct Answer {
    unsigned status = 0;
    std::string content_type;
    std::string body;
};
// The answers one after the other, each strictly an HTTP/1.1 response with its whole body and nothing after
// the last. `requests` are what they answer; one more may refuse what is no request.
std::vector<Answer> read_answers(std::string_view text, const std::vector<http::Request> &requests);

// A request as every client would send it.
std::string request_text(std::string_view method, std::string_view target, std::string_view body);

} // namespace drover::fuzz
