// The array's clock: the machine's, moved on by tests that cannot wait for a day. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace drover::sim {

class Clock {
public:
    // Seconds since 1970.
    [[nodiscard]] std::int64_t now() const noexcept {
        return std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count() +
               offset_s_;
    }
    [[nodiscard]] std::int64_t offset_s() const noexcept { return offset_s_; }
    void set_offset_s(std::int64_t offset_s) noexcept { offset_s_ = offset_s; }

private:
    std::atomic<std::int64_t> offset_s_{0};
};

// "2026-11-21T22:00:00Z"
[[nodiscard]] std::string utc_text(std::int64_t seconds);

} // namespace drover::sim
