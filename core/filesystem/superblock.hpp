// The few numbers of ext4's and xfs's superblocks that are needed here: how large the filesystem is, whether
// more would fit, where ext4 keeps its first spare superblock, and whether it was left in good order.
#pragma once

#include "core/filesystem/block_device.hpp"

#include <cstdint>
#include <string_view>

namespace drover::filesystem {

// Is there an ext2/3/4 superblock of block group 1 where mke2fs puts it, for any block size? A device whose
// beginning was wiped still shows it.
Result<bool> has_ext_backup(const BlockDevice &device, int fd, std::uint64_t device_bytes);

// Would `e2fsck -p` look at the superblock, find that the filesystem was unmounted cleanly and has never
// shown an error, and leave it at that? True only when a superblock whose own checksum holds says so; all
// that is unusual is for the tool to judge.
Result<bool> is_ext4_in_order(const BlockDevice &device, int fd);

struct Layout {
    std::uint64_t filesystem_bytes = 0;
    bool can_grow = false; // the tools could use what the device has beyond it
};
// As the device's superblock says; of a mounted ext4 that is current, of a mounted xfs it may be old.
Result<Layout> read_layout(const BlockDevice &device, int fd, std::string_view fstype);

} // namespace drover::filesystem
