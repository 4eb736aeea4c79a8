// Profiles of agent.yml. A FlashArray has one kind of storage; what makes volumes differ are limits, so a
// profile is a set of limits, and a volume has the profile whose limits it has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flasharray {

// Per second; a limit without a value does not exist.
struct VolumeLimits {
    std::optional<std::uint64_t> iops, bytes_per_second;
    [[nodiscard]] bool empty() const noexcept { return !iops && !bytes_per_second; }
    friend bool operator==(const VolumeLimits &, const VolumeLimits &) = default;
};

// Throws Error(invalid) with the range when the array does not take the value.
void check_limits(const VolumeLimits &limits);

struct ProfileRule {
    std::string name;
    VolumeLimits limits;
};

// "gold=iops:20000,bandwidth:400M". Throws Error(invalid) for another form, a limit that the array does not
// take, and for names or limits that come twice.
[[nodiscard]] std::vector<ProfileRule> parse_profiles(const std::vector<std::string> &texts);

// "at most 20000 operations and 419430400 bytes a second"
[[nodiscard]] std::string describe(const VolumeLimits &limits);

} // namespace flasharray
