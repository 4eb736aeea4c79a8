// Makes filesystems. The caller has proven the device, probed it blank and written down that it begins.
#pragma once

#include "core/filesystem/block_device.hpp"
#include "core/filesystem/probe.hpp"
#include "loader/base/deadline.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace drover::filesystem {

struct FormatRequest {
    std::string fstype; // "ext4" or "xfs"
    std::string uuid;   // ours, lower case with dashes; the filesystem is known by it from then on
    std::string label;  // may be empty; ext4 16 bytes, xfs 12
    // The device was seen to read as zero and its backend promises so: what is zero already is not written
    // again.
    bool zeroed = false;
    std::vector<std::string> extra; // further arguments of mkfs, before the device
};

bool is_supported(std::string_view fstype) noexcept; // ext4, xfs
// "ext4 and xfs", for sentences.
std::string_view supported_names() noexcept;

// Refuses a device that is mounted or claimed by anybody (Code::conflict) and never forces. An error with
// state_unknown means that mkfs had begun: what is on the device then is undefined. What it gives is what was
// read back afterwards: the filesystem that was asked for, and nothing else.
Result<Probe> format(const BlockDevice &device, const FormatRequest &request, Deadline deadline);

} // namespace drover::filesystem
