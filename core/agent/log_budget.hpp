// How many lines of one driver go into the log: as many as it likes for a while, a hundred a second for ever.
// A driver that writes more is silenced for a second at a time, and what is left out is counted. Keeps no
// clock and no lock.
#pragma once

#include "loader/host.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace drover {

class LogBudget {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr double kAtOnce = 2000; // lines
    static constexpr double kPerSecond = 100;
    // Lines for whoever looks for a fault are many by nature; these are so much cheaper.
    static constexpr double kDebugLine = 0.05;
    static constexpr std::chrono::seconds kSilence{1};

    enum class Verdict {
        write,
        silence, // leave it out, as the first one: tell so
        leave_out
    };
    Verdict take(LogLevel level, Time now) {
        if (is_silent(now)) {
            ++left_out_;
            return Verdict::leave_out;
        }
        const std::chrono::duration<double> passed = now - refilled_;
        tokens_ = std::min(kAtOnce, tokens_ + passed.count() * kPerSecond);
        refilled_ = now;
        const double price = level == LogLevel::debug ? kDebugLine : 1;
        if (tokens_ >= price) {
            tokens_ -= price;
            return Verdict::write;
        }
        silent_until_ = now + kSilence;
        ++left_out_;
        return Verdict::silence;
    }
    // How many lines were left out in a silence that is over by now; told once.
    std::uint64_t end_silence(Time now) { return is_silent(now) ? 0 : std::exchange(left_out_, 0); }

private:
    [[nodiscard]] bool is_silent(Time now) const noexcept { return left_out_ > 0 && now < silent_until_; }

    double tokens_ = kAtOnce;
    Time refilled_{};
    Time silent_until_{};
    std::uint64_t left_out_ = 0;
};

} // namespace drover
