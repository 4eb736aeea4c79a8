#include "core/http/event_loop.hpp"

#include "core/http/event_loop_impl.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <optional>

namespace drover::http {

namespace asio = boost::asio;

// `timer` and `call` belong to the loop's thread.
struct Timer::State {
    std::shared_ptr<LoopGate> gate;
    std::atomic<bool> is_cancelled = false;
    std::optional<asio::steady_timer> timer;
    std::function<void()> call;
};

Timer &Timer::operator=(Timer &&other) noexcept {
    if (this != &other) {
        cancel();
        state_ = std::move(other.state_);
    }
    return *this;
}

void Timer::cancel() noexcept {
    const auto state = std::exchange(state_, nullptr);
    if (!state || state->is_cancelled.exchange(true))
        return;
    state->gate->post([state] {
        state->timer.reset();
        state->call = nullptr;
    });
}

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}

EventLoop::~EventLoop() {
    impl_->gate->shut();
}

void EventLoop::run() {
    impl_->context.run();
}

void EventLoop::stop() {
    asio::post(impl_->context, [this] { impl_->context.stop(); });
}

void EventLoop::post(std::function<void()> call) {
    asio::post(impl_->context, std::move(call));
}

Timer EventLoop::after(std::chrono::nanoseconds delay, std::function<void()> call) {
    auto state = std::make_shared<Timer::State>();
    state->gate = impl_->gate;
    state->call = std::move(call);
    const auto when = std::chrono::steady_clock::now() + delay;
    asio::post(impl_->context, [state, when, &context = impl_->context] {
        if (state->is_cancelled)
            return;
        state->timer.emplace(context, when);
        state->timer->async_wait([state](const boost::system::error_code &error) {
            if (error || state->is_cancelled.exchange(true))
                return;
            const auto due = std::move(state->call);
            state->timer.reset();
            due();
        });
    });
    return Timer(state);
}

namespace {
void wait_for_signal(EventLoop::Impl &impl) {
    impl.signals->async_wait([&impl](const boost::system::error_code &error, int signal) {
        if (error)
            return;
        wait_for_signal(impl);
        impl.caught(signal);
    });
}
} // namespace

void EventLoop::on_signals(std::initializer_list<int> signals, std::function<void(int)> caught) {
    impl_->signals = std::make_unique<asio::signal_set>(impl_->context);
    for (const int signal : signals)
        impl_->signals->add(signal);
    impl_->caught = std::move(caught);
    wait_for_signal(*impl_);
}

} // namespace drover::http
