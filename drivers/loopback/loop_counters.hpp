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

} // namespace loopback
