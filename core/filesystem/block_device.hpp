// A block device by path and number. The number is what was proven; the path is only the way to it, and is
// compared with the number at every use.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

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

} // namespace drover::filesystem
