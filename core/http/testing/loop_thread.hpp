// A loop with its thread, and servers on it, taken down in the right order.
#pragma once

#include "core/http/event_loop.hpp"
#include "core/http/server.hpp"

#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace drover::http::testing {

class LoopThread {
public:
    LoopThread() : thread_([this] { loop_.run(); }) {}
    ~LoopThread() {
        close_servers();
        loop_.stop();
        thread_.join();
    }
    LoopThread(const LoopThread &) = delete;
    LoopThread &operator=(const LoopThread &) = delete;

    EventLoop &loop() noexcept { return loop_; }

    // Runs it on the loop's thread and waits for its end.
    template <typename Call>
    void on_loop(Call call) {
        std::promise<void> ended;
        loop_.post([&] {
            call();
            ended.set_value();
        });
        ended.get_future().get();
    }
    Server &serve(ServerOptions options, Handler handler) {
        auto server = Server::start(loop_, std::move(options), std::move(handler));
        if (!server)
            throw std::runtime_error(server.error().message);
        servers_.push_back(std::move(*server));
        return *servers_.back();
    }
    // No handler is called after it.
    void close_servers() {
        on_loop([this] { servers_.clear(); });
    }
    void stop(Server &server) {
        on_loop([&] { server.stop(); });
    }

private:
    EventLoop loop_;
    std::vector<std::unique_ptr<Server>> servers_;
    std::thread thread_;
};

} // namespace drover::http::testing
