// What a server's connections share. Lives on the loop's thread.
#pragma once

#include "core/http/event_loop_impl.hpp"
#include "core/http/server.hpp"
#include "core/http/socket_file.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>

namespace drover::http {

class Connection;

struct Server::State : std::enable_shared_from_this<Server::State> {
    State(EventLoop &loop, ServerOptions options, Handler handler);

    void accept();
    void accepted(boost::asio::local::stream_protocol::socket socket);
    void remove(Connection *connection);
    void stop();
    [[nodiscard]] Response error_response(unsigned status, std::string_view text) const;

    ServerOptions options;
    Handler handler;
    boost::asio::io_context &context;
    std::shared_ptr<LoopGate> gate;
    boost::asio::local::stream_protocol::acceptor acceptor;
    boost::asio::steady_timer pause; // runs only after accept failed
    std::optional<SocketFile> file;
    std::unordered_map<Connection *, std::shared_ptr<Connection>> connections;
    std::atomic<std::size_t> open_connections = 0;
    bool is_accepting = false;
    bool is_stopping = false;
};

struct Responder::State {
    State(const std::shared_ptr<Server::State> &server, std::weak_ptr<Connection> connection);
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State();
    void respond(Response response, Delivered delivered);

    // The connection belongs to the loop's thread, so here it is only passed on.
    std::weak_ptr<Connection> connection;
    std::shared_ptr<LoopGate> gate;
    ErrorResponse error_response;
    std::atomic<bool> is_answered = false;
};

} // namespace drover::http
