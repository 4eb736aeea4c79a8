// The few numbers of ext4's and xfs's superblocks that are needed here: how large the filesystem is, whether
// more would fit, and where ext4 keeps its first spare superblock.
#pragma once

#include "core/filesystem/block_device.hpp"

#include <cstdint>
#include <string_view>

namespace drover::filesystem {

// Is there an ext2/3/4 superblock of block group 1 where mke2fs puts it, for any block size? A device whose
// beginning was wiped still shows it.
Result<bool> has_ext_backup(const BlockDevice &device, int fd, std::uint64_t device_bytes);

struct Layout {
    std::uint64_t filesystem_bytes = 0;
    bool can_grow = false; // the tools could use what the device has beyond it
};
// As the device's superblock says; of a mounted ext4 that is current, of a mounted xfs it may be old.
Result<Layout> read_layout(const BlockDevice &device, int fd, std::string_view fstype);

} // namespace drover::filesystem
