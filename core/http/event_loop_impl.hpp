// What an EventLoop is made of. Only for the .cpp files of this folder: it brings all of Asio.
#pragma once

#include "core/http/event_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace drover::http {

// A way into the loop for objects that may outlive it: responders and timers, which live in callers' hands.
class LoopGate {
public:
    explicit LoopGate(boost::asio::io_context &context) noexcept : context_(&context) {}

    // False, and nothing happens, when the loop is gone.
    template <typename Call>
    bool post(Call &&call) {
        const std::lock_guard lock(mutex_);
        if (context_ == nullptr)
            return false;
        boost::asio::post(*context_, std::forward<Call>(call));
        return true;
    }
    void shut() noexcept {
        const std::lock_guard lock(mutex_);
        context_ = nullptr;
    }

private:
    std::mutex mutex_;
    boost::asio::io_context *context_;
};

struct EventLoop::Impl {
    boost::asio::io_context context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    std::shared_ptr<LoopGate> gate = std::make_shared<LoopGate>(context);
    std::unique_ptr<boost::asio::signal_set> signals;
    std::function<void(int)> caught;
};

} // namespace drover::http
