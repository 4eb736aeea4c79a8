#include "core/http/server.hpp"

#include "core/http/connection.hpp"
#include "core/http/server_state.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <vector>

namespace drover::http {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

Server::State::State(EventLoop &loop, ServerOptions given, Handler called)
    : options(std::move(given)), handler(std::move(called)), context(loop.impl().context),
      gate(loop.impl().gate), acceptor(context), pause(context) {}

Response Server::State::error_response(unsigned status, std::string_view text) const {
    if (options.error_response)
        return options.error_response(status, text);
    return {.status = status, .content_type = "text/plain", .body = std::string(text)};
}

void Server::State::accept() {
    if (is_accepting || is_stopping || connections.size() >= options.max_connections)
        return;
    is_accepting = true;
    acceptor.async_accept(
        [self = shared_from_this()](const boost::system::error_code &error, Protocol::socket socket) {
            self->is_accepting = false;
            if (self->is_stopping)
                return;
            if (!error) {
                self->accepted(std::move(socket));
                return self->accept();
            }
            // No descriptors or memory left, most likely. The connection waits in the kernel; trying again at
            // once would only burn the processor.
            self->is_accepting = true;
            self->pause.expires_after(std::chrono::milliseconds(100));
            self->pause.async_wait([self](const boost::system::error_code &) {
                self->is_accepting = false;
                self->accept();
            });
        });
}

void Server::State::accepted(Protocol::socket socket) {
    boost::system::error_code ignored;
    socket.native_non_blocking(true, ignored);
    ucred credentials{};
    socklen_t size = sizeof credentials;
    Peer peer;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
        peer = {.pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
    auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer);
    connections.emplace(connection.get(), connection);
    open_connections = connections.size();
    connection->next();
}

void Server::State::remove(Connection *connection) {
    connections.erase(connection);
    open_connections = connections.size();
    accept();
}

void Server::State::stop() {
    if (is_stopping)
        return;
    is_stopping = true;
    boost::system::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    file.reset();
    std::vector<std::shared_ptr<Connection>> idle;
    for (const auto &[key, connection] : connections) {
        if (connection->is_idle())
            idle.push_back(connection);
    }
    for (const auto &connection : idle)
        connection->close();
}

Server::Server(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(EventLoop &loop, ServerOptions options, Handler handler) {
    auto state = std::make_shared<State>(loop, std::move(options), std::move(handler));
    UniqueFd listener = std::move(state->options.inherited);
    if (listener) {
        int listens = 0;
        socklen_t size = sizeof listens;
        if (::getsockopt(listener.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
            return fail(Code::invalid,
                        fmt::format("the descriptor inherited for {} is no listening socket: check "
                                    "the systemd socket unit",
                                    state->options.socket.native()));
        }
    } else {
        auto file = SocketFile::listen(state->options.socket, state->options.socket_mode);
        if (!file)
            return fail(std::move(file).error());
        listener = file->take_listener();
        state->file.emplace(std::move(*file));
    }
    boost::system::error_code error;
    state->acceptor.assign(Protocol(), listener.get(), error);
    if (error) {
        return fail(Code::internal,
                    fmt::format("cannot serve on {}: {}", state->options.socket.native(), error.message()));
    }
    (void)listener.release(); // the acceptor's now
    loop.post([state] { state->accept(); });
    return std::unique_ptr<Server>(new Server(state));
}

Server::~Server() {
    stop();
    const auto open = std::move(state_->connections);
    state_->connections.clear();
    for (const auto &[key, connection] : open)
        connection->close();
}

void Server::stop() {
    state_->stop();
}

std::size_t Server::connections() const noexcept {
    return state_->open_connections;
}

} // namespace drover::http
