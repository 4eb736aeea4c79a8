// How long an exchange may take, and whether anybody still waits for it. Made of a call in an op; of a time
// where there is no call, as in close.
#pragma once

#include "drover/sdk/call.hpp"

#include <chrono>
#include <optional>

namespace drv::rest {

class Limit {
public:
    using Clock = std::chrono::steady_clock;
    enum class State {
        open,      // go on
        late,      // the deadline passed
        cancelled, // the caller gave up
    };

    // The call's deadline and its cancellation. Valid as long as the call: until the op returns.
    Limit(const Call &call)
        : call_(call), deadline_(call.deadline()) {} // NOLINT(google-explicit-constructor)
    explicit Limit(Clock::time_point deadline) : deadline_(deadline) {}
    // `time` from now; without end when that cannot be told.
    [[nodiscard]] static Limit within(std::chrono::nanoseconds time);

    // The same with an earlier end, at most `time` from now.
    [[nodiscard]] Limit at_most(std::chrono::nanoseconds time) const;

    [[nodiscard]] Clock::time_point deadline() const noexcept { return deadline_; }
    [[nodiscard]] State state() const;
    // Blocks until `fd` has one of `events` (as for poll; an error counts) and returns open, or until the
    // end: at once when the call is cancelled and its host gives a descriptor for that, else within 5 ms.
    [[nodiscard]] State wait(int fd, short events) const;

private:
    std::optional<Call> call_;
    Clock::time_point deadline_;
};

} // namespace drv::rest
