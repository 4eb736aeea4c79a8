// One thread that waits for sockets, timers and signals, and sleeps in the kernel while nothing happens. What
// runs on it must not block. Servers live on a loop; destroy them before it.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>

namespace drover::http {

// A call that has not come yet; destroying it cancels. Movable, and may outlive the loop.
class Timer {
public:
    struct State;
    Timer() noexcept = default;
    explicit Timer(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    Timer(Timer &&) noexcept = default;
    Timer &operator=(Timer &&other) noexcept;
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;
    ~Timer() { cancel(); }

    // From any thread. From another one than the loop's the call may be under way already.
    void cancel() noexcept;

private:
    std::shared_ptr<State> state_;
};

class EventLoop {
public:
    struct Impl; // core/http/event_loop_impl.hpp, for this folder only

    EventLoop();
    // What was posted and has not run is dropped.
    ~EventLoop();
    EventLoop(const EventLoop &) = delete;
    EventLoop &operator=(const EventLoop &) = delete;

    // On the one thread that serves; returns after stop(). An exception of what it runs ends it.
    void run();
    // From any thread, also before run(): the loop ends when it has run what was posted until now.
    void stop();
    // From any thread: the loop's thread calls it soon.
    void post(std::function<void()> call);
    // From any thread: the loop's thread calls it after `delay`.
    [[nodiscard]] Timer after(std::chrono::nanoseconds delay, std::function<void()> call);
    // Before run(): catches these signals for the whole process and calls `caught` on the loop's thread, each
    // time. Not more than once for one loop.
    void on_signals(std::initializer_list<int> signals, std::function<void(int)> caught);

    [[nodiscard]] Impl &impl() noexcept { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

} // namespace drover::http
