#include "drover/sdk/rest/limit.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>

namespace drv::rest {

namespace {

Limit::Clock::time_point after(std::chrono::nanoseconds time) {
    const auto now = Limit::Clock::now();
    return time >= Limit::Clock::time_point::max() - now ? Limit::Clock::time_point::max() : now + time;
}

} // namespace

Limit Limit::within(std::chrono::nanoseconds time) {
    return Limit(after(time));
}

Limit Limit::at_most(std::chrono::nanoseconds time) const {
    Limit narrower = *this;
    narrower.deadline_ = std::min(deadline_, after(time));
    return narrower;
}

Limit::State Limit::state() const {
    if (Clock::now() >= deadline_)
        return State::late;
    if (call_ && call_->cancelled())
        return call_->deadline_passed() ? State::late : State::cancelled;
    return State::open;
}

Limit::State Limit::wait(int fd, short events) const {
    const int cancel = call_ ? call_->cancel_fd() : -1;
    // A host without a descriptor for it has its flag looked at every few milliseconds.
    const std::chrono::nanoseconds longest =
        call_ && cancel < 0 ? std::chrono::nanoseconds(std::chrono::milliseconds(5)) : std::chrono::hours(1);
    while (true) {
        if (const State now = state(); now != State::open)
            return now;
        const auto slice = std::clamp<std::chrono::nanoseconds>(deadline_ - Clock::now(),
                                                                std::chrono::nanoseconds(0), longest);
        std::array<pollfd, 2> entries{
            {{fd, events, 0}, {cancel, POLLIN, 0}}}; // a negative one is passed over
        const timespec time{static_cast<time_t>(slice.count() / 1'000'000'000),
                            static_cast<long>(slice.count() % 1'000'000'000)};
        const int count = ::ppoll(entries.data(), entries.size(), &time, nullptr);
        if (count <= 0)
            continue;
        if (entries[1].revents != 0) {
            const State now = state();
            return now == State::open ? State::cancelled : now;
        }
        return State::open;
    }
}

} // namespace drv::rest
