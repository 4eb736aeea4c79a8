#include "loader/services/timers.hpp"

#include "loader/invoke.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace drover {

Result<std::uint64_t> DriverTimers::set(Clock::time_point when, void *data, Fire fire) {
    const std::lock_guard lock(mutex_);
    if (is_over_)
        return fail(Code::cancelled, "the backend is being closed: no more timers are set");
    if (waiting_.size() >= kMost)
        return fail(Code::no_space, fmt::format("{} timers are set, and there may be no more", kMost));
    if (!thread_.joinable()) {
        try {
            thread_ = std::thread([this] { run(); });
        } catch (const std::system_error &error) {
            return fail(Code::internal, fmt::format("no thread for the timers: {}", error.what()));
        }
    }
    const std::uint64_t number = ++last_number_;
    waiting_.emplace(when, Timer{number, data, fire});
    changed_.notify_all();
    return number;
}

bool DriverTimers::cancel(std::uint64_t timer) {
    std::unique_lock lock(mutex_);
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const auto &each) { return each.second.number == timer; });
    if (found != waiting_.end()) {
        waiting_.erase(found);
        return true;
    }
    if (std::this_thread::get_id() != thread_.get_id())
        changed_.wait(lock, [&] { return running_ != timer || timer == 0; });
    return false;
}

void DriverTimers::start() {
    const std::lock_guard lock(mutex_);
    may_run_ = true;
    changed_.notify_all();
}

void DriverTimers::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        waiting_.clear();
        changed_.notify_all();
    }
    if (thread_.joinable()) // nobody makes a new one by now
        thread_.join();
}

void DriverTimers::run() {
    std::unique_lock lock(mutex_);
    while (!is_over_) {
        if (waiting_.empty() || !may_run_) {
            changed_.wait(lock);
            continue;
        }
        const auto next = waiting_.begin();
        if (const auto when = next->first; Clock::now() < when) {
            changed_.wait_until(lock, when);
            continue;
        }
        const Timer timer = next->second;
        waiting_.erase(next);
        running_ = timer.number;
        lock.unlock();
        invoke(timer.fire, timer.data);
        lock.lock();
        running_ = 0;
        changed_.notify_all();
    }
}

} // namespace drover
