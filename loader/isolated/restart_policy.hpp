// When a driver's process may be started again. One that answered calls is started at once; one that ends
// again and again before its first good answer is given longer and longer pauses, and calls that come
// meanwhile fail without a wait (the breaker).
#pragma once

#include <chrono>

namespace drover {

class RestartPolicy {
public:
    using Clock = std::chrono::steady_clock;
    struct Options {
        unsigned quick_starts = 3; // that may fail in a row before the first pause
        std::chrono::nanoseconds first_pause = std::chrono::seconds(1);
        std::chrono::nanoseconds longest_pause = std::chrono::seconds(60);
    };
    explicit RestartPolicy(Options options) noexcept : options_(options) {}

    // The process answered a call: what comes after is no crash loop.
    void succeeded() noexcept { failures_ = 0; }
    // It could not be started, or ended before it had answered.
    void failed(Clock::time_point now) noexcept;
    // How long to wait before the next start; zero: none.
    [[nodiscard]] std::chrono::nanoseconds pause_left(Clock::time_point now) const noexcept;
    [[nodiscard]] unsigned failures() const noexcept { return failures_; }

private:
    Options options_;
    unsigned failures_ = 0; // in a row
    Clock::time_point not_before_{};
};

} // namespace drover
