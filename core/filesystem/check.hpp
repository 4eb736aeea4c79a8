// Checks filesystems that are not mounted. Repairs only what is safe without a person.
#pragma once

#include "core/filesystem/block_device.hpp"
#include "loader/base/deadline.hpp"

#include <string>
#include <string_view>

namespace drover::filesystem {

enum class CheckMode {
    preen, // before a mount (but the one right after our own mkfs): ext4 by e2fsck -p, unless its superblock
           // proves that it was left in good order; xfs nothing, since its mount replays the log
    verify // writes nothing and looks at everything: is what a crashed mkfs left whole?
};

struct CheckReport {
    bool repaired = false;
    std::string output; // the last lines of the tool
};

// Damage that a person must look at: Code::internal with the tool's last lines, not retryable. Mounted:
// Code::conflict.
Result<CheckReport> check(const BlockDevice &device, std::string_view fstype, CheckMode mode,
                          Deadline deadline);

} // namespace drover::filesystem
