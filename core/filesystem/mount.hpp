// Mounting and unmounting by system call, verified in the kernel's table. Mount points are made so that
// nothing can be written below them while nothing is mounted there.
#pragma once

#include "core/filesystem/block_device.hpp"
#include "core/filesystem/mount_table.hpp"
#include "loader/base/deadline.hpp"

#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace drover::filesystem {

struct MountOptions {
    bool read_only = false;
    unsigned long flags = 0; // further MS_* of mount(2), such as MS_NOATIME
};

// Makes the mount point if need be (parents 0700) and mounts. Code::conflict: the mount point is not empty,
// or something else is mounted there. Code::exists: this device is mounted there already. With state_unknown
// look at mounts_of before acting again. Gives what the kernel shows there afterwards.
Result<MountEntry> mount(const BlockDevice &device, const std::filesystem::path &target,
                         std::string_view fstype, const MountOptions &options, Deadline deadline);

// On a filesystem that was just made: sets owner and mode of its root and removes lost+found (an empty one).
// Changes nothing when anything else is in it, or the root is not as mkfs leaves it. Safe to repeat.
// True: that is on disk for good, from now or from before. False: it is done, and a power loss may undo it,
// but then wholly, which the next call sees: lost+found goes last, and an ext4 with a journal commits in
// order. Where there is no such mark (xfs, a tiny ext4) it is written out at once.
Result<bool> prepare_new_root(const std::filesystem::path &target, mode_t mode, uid_t uid, gid_t gid,
                              Deadline deadline);

// Unmounts the device from `target` and removes the empty mount point (kept while another mount namespace has
// the device, see mount_namespaces_using). Not mounted: success. Something else is mounted there:
// Code::conflict. Busy: tried again whenever a holder ends, until the deadline, then Code::conflict
// (retryable) naming the holders. Never lazy, never forced. Give it a deadline that ends.
Result<void> unmount(const std::filesystem::path &target, unsigned major, unsigned minor, Deadline deadline);

} // namespace drover::filesystem
