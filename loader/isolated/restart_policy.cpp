#include "loader/isolated/restart_policy.hpp"

#include <algorithm>

namespace drover {

void RestartPolicy::failed(Clock::time_point now) noexcept {
    ++failures_;
    if (failures_ <= options_.quick_starts)
        return;
    const unsigned doublings = std::min(failures_ - options_.quick_starts - 1, 20U);
    not_before_ = now + std::min(options_.first_pause * (1U << doublings), options_.longest_pause);
}

std::chrono::nanoseconds RestartPolicy::pause_left(Clock::time_point now) const noexcept {
    if (failures_ <= options_.quick_starts)
        return std::chrono::nanoseconds(0);
    return std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(not_before_ - now));
}

} // namespace drover
