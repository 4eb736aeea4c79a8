#include "core/connect/local_device.hpp"

#include "core/connect/local_identity.hpp"
#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace drover::connect {
namespace {

// The path without symlinks. It must lead from /dev to /dev: a driver's answer is input from outside.
Result<std::filesystem::path> canonical_device(const Connection &connection) {
    const std::filesystem::path given(connection.device);
    const std::string refusal = fmt::format("the driver's device path \"{}\"", connection.device);
    if (!given.is_absolute() || !connection.device.starts_with("/dev/") ||
        connection.device.find('\0') != std::string::npos)
        return fail(Code::invalid, refusal + " is not below /dev");
    std::error_code error;
    auto path = std::filesystem::canonical(given, error);
    if (error)
        return fail_errno(error.value(), fmt::format("looking for device {}", connection.device));
    if (!path.string().starts_with("/dev/")) {
        return fail(Code::invalid,
                    fmt::format("{} leads to {}, which is not below /dev", refusal, path.string()));
    }
    return path;
}

Result<UniqueFd> open_block(const std::filesystem::path &path, int flags, struct stat &info) {
    // A first look without opening: opening a FIFO or a terminal has effects.
    if (::stat(path.c_str(), &info) != 0)
        return fail_errno(errno, fmt::format("looking for device {}", path.string()));
    if (!S_ISBLK(info.st_mode))
        return fail(Code::invalid, fmt::format("{} is no block device", path.string()));
    UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
    if (!fd && errno == EBUSY && (flags & O_EXCL) == 0) {
        return fail_retryable(Code::unreachable,
                              fmt::format("device {} is being set up or removed", path.string()));
    }
    if (!fd)
        return fail_errno(errno, fmt::format("opening device {}", path.string()));
    if (::fstat(fd.get(), &info) != 0)
        return fail_errno(errno, fmt::format("looking at device {}", path.string()));
    if (!S_ISBLK(info.st_mode))
        return fail(Code::invalid, fmt::format("{} is no block device", path.string()));
    return fd;
}

// Opens the device that was proven before, and no other.
Result<UniqueFd> open_again(const Device &device, int flags) {
    struct stat info {};
    auto fd = open_block(device.path, flags, info);
    if (fd && (major(info.st_rdev) != device.major || minor(info.st_rdev) != device.minor)) {
        return fail_retryable(Code::conflict, fmt::format("{} is now device {}:{}, it was {}:{}",
                                                          device.path.string(), major(info.st_rdev),
                                                          minor(info.st_rdev), device.major, device.minor));
    }
    return fd;
}

} // namespace

Result<Device> inspect_local(const Connection &connection) {
    auto path = canonical_device(connection);
    if (!path)
        return fail(std::move(path).error());
    struct stat info {};
    auto fd = open_block(*path, O_RDONLY, info);
    if (!fd)
        return fail(std::move(fd).error());

    Device device{.path = std::move(*path),
                  .major = major(info.st_rdev),
                  .minor = minor(info.st_rdev),
                  .bytes = 0,
                  .read_only = false,
                  .wwid = connection.wwid};
    auto identities = identities_of(fd->get(), device.major, device.minor);
    if (!identities)
        return fail(std::move(identities).error());
    if (std::find(identities->begin(), identities->end(), connection.wwid) == identities->end()) {
        std::string found;
        for (const auto &each : *identities)
            found += (found.empty() ? "" : ", ") + each;
        return fail(Code::conflict,
                    fmt::format("{} is another device: it is {}, and the volume is {}; it is left alone",
                                device.path.string(), found, connection.wwid));
    }
    int read_only = 0;
    if (::ioctl(fd->get(), BLKGETSIZE64, &device.bytes) != 0 || ::ioctl(fd->get(), BLKROGET, &read_only) != 0)
        return fail_errno(errno, fmt::format("asking device {} for its size", device.path.string()));
    device.read_only = read_only != 0;
    return device;
}

Result<void> flush_local(const Device &device) {
    // Exclusive: the kernel refuses while a filesystem, device-mapper or anybody else has claimed it, in
    // whatever mount namespace.
    auto fd = open_again(device, O_RDONLY | O_EXCL);
    if (!fd) {
        Error error = std::move(fd).error();
        if (error.code == Code::conflict) {
            error.message =
                fmt::format("device {} ({}:{}) is still in use, mounted or held by a program: unmount it "
                            "everywhere first",
                            device.path.string(), device.major, device.minor);
        }
        return fail(std::move(error));
    }
    if (::fsync(fd->get()) != 0)
        return fail_errno(errno, fmt::format("writing out device {}", device.path.string()));
    if (::ioctl(fd->get(), BLKFLSBUF, 0) != 0)
        return fail_errno(errno, fmt::format("flushing device {}", device.path.string()));
    return {};
}

Result<void> refresh_local(const Device &device) {
    if (device.major != LOOP_MAJOR)
        return {};
    auto fd = open_again(device, O_RDONLY);
    if (!fd)
        return fail(std::move(fd).error());
    if (::ioctl(fd->get(), LOOP_SET_CAPACITY, 0) != 0) {
        return fail_errno(errno,
                          fmt::format("telling loop device {} its file's new size", device.path.string()));
    }
    return {};
}

std::string encode(const Device &device) {
    return fmt::format("{} {} {} {}\n{}\n{}", device.major, device.minor, device.bytes,
                       device.read_only ? 1 : 0, device.path.string(), device.wwid);
}

Result<Device> decode_device(const std::string &text) {
    std::istringstream in(text);
    Device device;
    std::string path;
    if (!(in >> device.major >> device.minor >> device.bytes >> device.read_only) || in.get() != '\n' ||
        !std::getline(in, path) || !std::getline(in, device.wwid, '\0'))
        return fail(Code::internal, "the helper's answer about a device does not read");
    device.path = path;
    return device;
}

} // namespace drover::connect
