// What is on a device, by reading it: nothing here comes from udev's database and nothing is decided here.
#pragma once

#include "core/filesystem/block_device.hpp"
#include "loader/base/deadline.hpp"

#include <string>
#include <vector>

namespace drover::filesystem {

struct Probe {
    // No signature of any kind. Reads of the head and the tail have succeeded. Whether it may be formatted is
    // for the caller's records to say.
    bool blank = false;
    // The first and the last MiB hold only zeroes: what a backend that promises zeroed volumes must show.
    // Only told of what is blank; those two MiB are read past the page cache.
    bool head_and_tail_zero = false;
    // "ext4", "xfs", "crypto_LUKS", "LVM2_member", "swap", "dos", "gpt" and so on, as libblkid spells it.
    // "ambiguous" when more than one thing claims the device; "LVM2_member (bad checksum)" and the like when
    // libblkid sees that it is damaged. Empty when blank.
    std::string kind;
    std::string uuid;        // of the one filesystem found
    std::string label;       // the same
    std::uint64_t bytes = 0; // of the device
    std::vector<std::string>
        signatures; // everything found: filesystems, RAID, LVM, LUKS, swap, partition tables
    bool operator==(const Probe &) const = default;
};

// An error (a read that failed, another device on the path, the deadline) says nothing about the content:
// never format after one. What is expected changes how soon it is known, not what is found.
enum class Expect { anything, blank };
Result<Probe> probe(const BlockDevice &device, Deadline deadline, Expect expect = Expect::anything);

} // namespace drover::filesystem
