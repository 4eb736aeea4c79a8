// HTTP/1.1 on a unix socket: keep-alive, pipelining (answers in the order of the requests), limits, and
// nothing else: no paths, no methods, no JSON. What the Host header and Content-Type say is not looked at, as
// Docker sends none or odd ones.
#pragma once

#include "core/http/event_loop.hpp"
#include "core/http/message.hpp"
#include "core/http/responder.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

namespace drover::http {

struct ServerOptions {
    std::filesystem::path socket;
    // A socket that listens already (systemd's); `socket` is then only its name in texts, and its file is
    // left alone.
    UniqueFd inherited;
    unsigned socket_mode = 0600;
    std::size_t max_header_bytes = std::size_t{16} << 10;
    std::size_t max_body_bytes = std::size_t{1} << 20;
    std::size_t max_connections = 8192; // further ones wait in the kernel until one closes
    // From a request's first byte to its last; and for a client to take its answer.
    std::chrono::nanoseconds transfer_timeout = std::chrono::seconds(30);
    ErrorResponse error_response; // absent: the text itself, as text/plain
};

// Runs on the loop's thread and must not block; it may answer there and then, or later from any thread. When
// it throws, the client gets 500.
using Handler = std::function<void(Request, Responder)>;

class Server {
public:
    struct State;

    // Makes the socket file (its folder too, 0755) and begins to listen; clients that connect wait until the
    // loop runs. A socket file that nobody listens on is replaced; Code::conflict when somebody does, or when
    // something that is no socket has the name.
    static Result<std::unique_ptr<Server>> start(EventLoop &loop, ServerOptions options, Handler handler);

    // Stops, and closes every connection. On the loop's thread or when the loop does not run.
    ~Server();
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    // Unlinks the socket file, takes no further connection or request; requests that were begun are answered,
    // and then their connections close. On the loop's thread or when the loop does not run.
    void stop();

    // Open connections now. From any thread.
    [[nodiscard]] std::size_t connections() const noexcept;

private:
    explicit Server(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

} // namespace drover::http
