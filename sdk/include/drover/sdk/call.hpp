// One call in progress: how long it may take, whether anybody still waits for it, and how far it is. Methods
// of a driver get it by reference; threads that work for the call may have copies, and use them until the
// method returns [in-call]. In debug builds a use after that is logged and harmless; otherwise it is
// undefined.
#pragma once

#include "drover/abi/call.h"
#include "drover/sdk/error.hpp"
#include "drover/sdk/host.hpp"
#include "drover/sdk/text.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <thread>

namespace drv {

namespace detail {
class CallScope;
}

class Call {
public:
    // On the steady clock; time_point::max() when there is none.
    [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept {
        using Clock = std::chrono::steady_clock;
        if (!is_usable() || !has_deadline())
            return Clock::time_point::max();
        return Clock::time_point(
            Clock::duration(static_cast<Clock::rep>(std::min(raw_->deadline_ns, kMaxTime))));
    }
    [[nodiscard]] bool has_deadline() const noexcept {
        return is_usable() && raw_->deadline_ns != std::numeric_limits<std::uint64_t>::max();
    }
    // Time left, never negative; nanoseconds::max() without a deadline.
    [[nodiscard]] std::chrono::nanoseconds remaining() const noexcept {
        const auto end = deadline();
        if (end == std::chrono::steady_clock::time_point::max())
            return std::chrono::nanoseconds::max();
        return std::max(std::chrono::nanoseconds(0),
                        std::chrono::nanoseconds(end - std::chrono::steady_clock::now()));
    }
    [[nodiscard]] bool deadline_passed() const noexcept {
        return has_deadline() && std::chrono::steady_clock::now() >= deadline();
    }

    // True when the op should end: the caller gave up, or the deadline passed. Cheap enough for inner loops.
    [[nodiscard]] bool cancelled() const noexcept { return !is_usable() || raw_->ops->cancelled(raw_) != 0; }
    // Readable when cancelled() turns true, for poll(); -1 when there is none. The host's: never read or
    // close.
    [[nodiscard]] int cancel_fd() const noexcept {
        return is_usable() ? static_cast<int>(raw_->ops->cancel_fd(raw_)) : -1;
    }
    // Throws Error with DEADLINE or CANCELLED when the op should end. `may_have_changed`: a change may
    // already have reached the backend (sets STATE_UNKNOWN).
    void throw_if_cancelled(bool may_have_changed = false) const {
        if (!cancelled())
            return;
        const bool late = deadline_passed();
        Error error =
            late ? Error(Code::deadline, "the deadline passed before the operation was done").retryable()
                 : Error(Code::cancelled, "the operation was cancelled").retryable();
        if (may_have_changed)
            throw std::move(error).state_unknown();
        throw error;
    }
    // Sleeps for `time`, or less when the call is cancelled. False: cancelled.
    [[nodiscard]] bool wait_for(std::chrono::nanoseconds time) const {
        const auto end = std::chrono::steady_clock::now() + std::min(time, remaining());
        const int fd = cancel_fd();
        while (!cancelled()) {
            const auto left = end - std::chrono::steady_clock::now();
            if (left <= std::chrono::nanoseconds(0))
                break;
            // Without a descriptor the flag is looked at every few milliseconds.
            const auto slice =
                std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds(fd < 0 ? 5 : 1000));
            if (fd < 0) {
                std::this_thread::sleep_for(slice);
            } else {
                pollfd entry{fd, POLLIN, 0};
                const timespec limit{static_cast<time_t>(slice.count() / 1'000'000'000),
                                     static_cast<long>(slice.count() % 1'000'000'000)};
                ::ppoll(&entry, 1, &limit, nullptr);
            }
        }
        return !cancelled();
    }

    // How far a long op is, 0 to 1000, and what it is doing. Any rate.
    void progress(std::uint32_t permille, std::string_view stage) const noexcept {
        if (is_usable())
            raw_->ops->progress(raw_, std::min<std::uint32_t>(permille, 1000), to_abi(stage));
    }
    // The same text on every retry of one request. Valid until the op returns.
    [[nodiscard]] std::string_view request_id() const noexcept {
        return is_usable() ? view_of(raw_->request_id) : std::string_view();
    }

private:
    friend class detail::CallScope;
    static constexpr std::uint64_t kMaxTime = std::numeric_limits<std::int64_t>::max();

    Call(const drv_call *raw, const drv_host_v1 *host) noexcept : raw_(raw), host_(host) {}

    [[nodiscard]] bool is_usable() const noexcept {
        if (!alive_ || alive_->load(std::memory_order_acquire))
            return true;
        Host(host_).log(LogLevel::driver_misbehaving, "a call was used after its operation had returned");
        return false;
    }

    const drv_call *raw_;
    const drv_host_v1 *host_;
    std::shared_ptr<std::atomic<bool>> alive_; // debug builds only: shared with every copy
};

namespace detail {

// Owns the Call of one op and ends it: the last thing the SDK does before it answers the host.
class CallScope {
public:
    CallScope(const drv_call *raw, const drv_host_v1 *host) : call_(raw, host) {
#ifndef NDEBUG
        call_.alive_ = std::make_shared<std::atomic<bool>>(true);
#endif
    }
    ~CallScope() {
        if (call_.alive_)
            call_.alive_->store(false, std::memory_order_release);
    }
    CallScope(const CallScope &) = delete;
    CallScope &operator=(const CallScope &) = delete;
    [[nodiscard]] Call &call() noexcept {
        return call_;
    }

private:
    Call call_;
};

} // namespace detail
} // namespace drv
