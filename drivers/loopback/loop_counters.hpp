// What the kernel counts for a block device (/sys/block/loopN/stat), read and never guessed: absent when it
// cannot be read or is not as documented.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loopback {

struct LoopCounters {
    std::uint64_t read_ops = 0, read_bytes = 0, read_ns = 0;
    std::uint64_t write_ops = 0, write_bytes = 0, write_ns = 0;
    friend bool operator==(const LoopCounters &, const LoopCounters &) = default;
};

// `path` is /dev/loopN.
[[nodiscard]] std::optional<LoopCounters> read_counters(const std::string &path);
// The text of a "stat" file in sysfs.
[[nodiscard]] std::optional<LoopCounters> parse_counters(std::string_view text);

// What has changed the data of a device so far.
struct WriteActivity {
    std::uint64_t done = 0;      // writes and discards that ended
    std::uint64_t in_flight = 0; // that are under way
};

// Throws CONFLICT when the kernel does not count for this device.
[[nodiscard]] WriteActivity read_write_activity(const std::string &path);

} // namespace loopback
