#include "core/filesystem/block_device.hpp"

#include "loader/base/child_call.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace drover::filesystem {
namespace {

template <typename Number>
Number number_in(std::string_view text) {
    Number value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<std::string> claim_here(std::string_view arguments) {
    const auto fields = split_fields(arguments);
    const BlockDevice device = decode_block_device(fields.at(0));
    auto fd = open_device(device, number_in<int>(fields.at(1)) | O_EXCL);
    if (!fd)
        return fail(std::move(fd).error());
    return size_of(device, fd->get()).map([](std::uint64_t bytes) { return std::to_string(bytes); });
}

} // namespace

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

Result<std::uint64_t> claim_once(const BlockDevice &device, int flags, Deadline deadline) {
    return call_in_kept_child("claiming device " + describe(device), deadline, &claim_here,
                              join_fields({encode(device), std::to_string(flags)}))
        .map([](const std::string &bytes) { return number_in<std::uint64_t>(bytes); });
}

std::string encode(const BlockDevice &device) {
    return fmt::format("{} {} {}", device.major, device.minor, device.path.native());
}

BlockDevice decode_block_device(std::string_view field) {
    const auto first = std::min(field.find(' '), field.size());
    const auto second = std::min(field.find(' ', first + 1), field.size());
    return {.path = field.substr(std::min(second + 1, field.size())),
            .major = number_in<unsigned>(field.substr(0, first)),
            .minor = number_in<unsigned>(field.substr(std::min(first + 1, field.size())))};
}

} // namespace drover::filesystem
