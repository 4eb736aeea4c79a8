// A point on the monotonic clock by which something must have ended, with "never" as a value.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace drover {

class Deadline {
public:
    using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC on Linux, the clock of drv_call.deadline_ns

    static constexpr Deadline never() noexcept { return Deadline(Clock::time_point::max()); }
    static Deadline at(Clock::time_point when) noexcept { return Deadline(when); }
    // Durations too long for the clock mean never; negative ones have passed already.
    static Deadline after(std::chrono::nanoseconds duration) noexcept {
        const auto now = Clock::now();
        if (duration > Clock::time_point::max() - now)
            return never();
        return Deadline(now + duration);
    }

    [[nodiscard]] bool is_never() const noexcept { return when_ == Clock::time_point::max(); }
    [[nodiscard]] bool has_passed() const noexcept { return !is_never() && Clock::now() >= when_; }
    [[nodiscard]] Clock::time_point when() const noexcept { return when_; }
    // Never negative; the longest duration when the deadline is never.
    [[nodiscard]] std::chrono::nanoseconds remaining() const noexcept {
        if (is_never())
            return std::chrono::nanoseconds::max();
        return std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(when_ - Clock::now()));
    }
    // For poll(): milliseconds rounded up, -1 for never.
    [[nodiscard]] int poll_timeout_ms() const noexcept {
        if (is_never())
            return -1;
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(remaining()).count();
        return static_cast<int>(std::min<std::int64_t>(ms, std::numeric_limits<int>::max()));
    }
    [[nodiscard]] std::uint64_t abi_ns() const noexcept {
        if (is_never())
            return std::numeric_limits<std::uint64_t>::max();
        return static_cast<std::uint64_t>(when_.time_since_epoch().count());
    }
    [[nodiscard]] Deadline earlier(Deadline other) const noexcept {
        return Deadline(std::min(when_, other.when_));
    }

private:
    constexpr explicit Deadline(Clock::time_point when) noexcept : when_(when) {}
    Clock::time_point when_;
};

} // namespace drover
