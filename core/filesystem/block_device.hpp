// A block device by path and number. The number is what was proven; the path is only the way to it, and is
// compared with the number at every use.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace drover::filesystem {

struct BlockDevice {
    std::filesystem::path path;
    unsigned major = 0;
    unsigned minor = 0;
    bool operator==(const BlockDevice &) const = default;
};

std::string describe(const BlockDevice &device); // "/dev/loop0 (7:0)"

// Opens it with open(2) flags (O_CLOEXEC is added). Code::conflict when the path now leads to another device,
// or, with O_EXCL, when it is mounted or otherwise claimed. May hang on dead storage.
Result<UniqueFd> open_device(const BlockDevice &device, int flags);
Result<std::uint64_t> size_of(const BlockDevice &device, int fd);

// Proves, in a child, that nobody has claimed the device: opens it with O_EXCL and open(2) flags, and lets go
// of it again. Its size. Errors of open_device.
Result<std::uint64_t> claim_once(const BlockDevice &device, int flags, Deadline deadline);

// For the way into a child: one field of join_fields.
std::string encode(const BlockDevice &device);
BlockDevice decode_block_device(std::string_view field);

} // namespace drover::filesystem
