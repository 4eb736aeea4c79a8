// Grows a filesystem to the size of its device, and tells how full it is.
#pragma once

#include "core/filesystem/block_device.hpp"
#include "loader/base/deadline.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace drover::filesystem {

// Does the device have room that the filesystem (not mounted, ext4 or xfs) does not use? Reads one block.
Result<bool> can_grow(const BlockDevice &device, std::string_view fstype, Deadline deadline);

struct GrowReport {
    std::uint64_t bytes_before = 0; // of the filesystem
    std::uint64_t bytes_after = 0;
};

// `mounted_at`: where it is mounted, if it is. xfs grows only mounted (else Code::unsupported); ext4 both
// ways, but mounted only where the kernel lets this process: else Code::unsupported saying that it will grow
// at the next mount. Nothing to grow: success. Safe to repeat.
Result<GrowReport> grow(const BlockDevice &device, const std::optional<std::filesystem::path> &mounted_at,
                        std::string_view fstype, Deadline deadline);

struct Usage {
    std::uint64_t total_bytes = 0;
    std::uint64_t used_bytes = 0;
    std::uint64_t available_bytes = 0;
    std::uint64_t total_inodes = 0;
    std::uint64_t used_inodes = 0;
    bool operator==(const Usage &) const = default;
};
Result<Usage> usage(const std::filesystem::path &target, Deadline deadline);

} // namespace drover::filesystem
