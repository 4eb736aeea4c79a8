#include "core/filesystem/block_device.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace drover::filesystem {

std::string describe(const BlockDevice &device) {
    return fmt::format("{} ({}:{})", device.path.string(), device.major, device.minor);
}

Result<UniqueFd> open_device(const BlockDevice &device, int flags) {
    UniqueFd fd(::open(device.path.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
    if (!fd && errno == EBUSY && (flags & O_EXCL) != 0) {
        return fail_retryable(Code::conflict,
                              fmt::format("device {} is in use: mounted, or held by device-mapper or a "
                                          "program",
                                          describe(device)));
    }
    if (!fd)
        return fail_errno(errno, fmt::format("opening device {}", describe(device)));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return fail_errno(errno, fmt::format("looking at device {}", describe(device)));
    if (!S_ISBLK(info.st_mode))
        return fail(Code::invalid, fmt::format("{} is no block device", device.path.string()));
    if (major(info.st_rdev) != device.major || minor(info.st_rdev) != device.minor) {
        return fail(Code::conflict, fmt::format("device {} was expected, but its path now leads to {}:{}",
                                                describe(device), major(info.st_rdev), minor(info.st_rdev)));
    }
    return fd;
}

Result<std::uint64_t> size_of(const BlockDevice &device, int fd) {
    std::uint64_t bytes = 0;
    if (::ioctl(fd, BLKGETSIZE64, &bytes) != 0)
        return fail_errno(errno, fmt::format("asking device {} for its size", describe(device)));
    return bytes;
}

} // namespace drover::filesystem
