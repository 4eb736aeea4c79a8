// drv.timer/1 for one open backend: a queue of moments, and one thread that calls, which is started with the
// first of them.
#pragma once

#include "loader/base/error.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

namespace drover {

// Any thread. No lock is held while a `fire` runs.
class DriverTimers {
public:
    using Clock = std::chrono::steady_clock;
    using Fire = void (*)(void *data);
    static constexpr std::size_t kMost = 1024;

    DriverTimers() = default;
    ~DriverTimers() { stop(); }
    DriverTimers(const DriverTimers &) = delete;
    DriverTimers &operator=(const DriverTimers &) = delete;

    // Its number. Code::no_space: kMost are set. Code::cancelled: stop() was called. Code::internal: no
    // thread.
    Result<std::uint64_t> set(Clock::time_point when, void *data, Fire fire);
    // True: it will never be called. False: it was, and has ended (except when it calls this itself).
    bool cancel(std::uint64_t timer);
    // Before it none is called.
    void start();
    // Waits for the one that runs; none is called after. Not from a `fire`.
    void stop() noexcept;

private:
    struct Timer {
        std::uint64_t number;
        void *data;
        Fire fire;
    };
    void run();

    std::mutex mutex_; // guards all
    std::condition_variable changed_;
    std::multimap<Clock::time_point, Timer> waiting_; // of one moment: as they were set
    std::uint64_t last_number_ = 0;
    std::uint64_t running_ = 0;
    bool may_run_ = false;
    bool is_over_ = false;
    std::thread thread_;
};

} // namespace drover
