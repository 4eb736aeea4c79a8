#include "core/connect/map_status.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

namespace drover::connect {

Result<std::string> multipath_status(unsigned major, unsigned minor) {
    const auto doing = [&] { return fmt::format("asking the device mapper about {}:{}", major, minor); };
    const UniqueFd control(::open("/dev/mapper/control", O_RDWR | O_CLOEXEC));
    if (!control)
        return fail_errno(errno, doing());
    constexpr std::size_t kBytes = 16384; // some 300 paths
    alignas(dm_ioctl) std::array<char, kBytes> buffer{};
    dm_ioctl request{};
    request.version[0] = DM_VERSION_MAJOR;
    request.data_size = kBytes;
    request.data_start = sizeof request;
    request.flags = DM_NOFLUSH_FLAG; // answers even where I/O waits for a path
    request.dev = makedev(major, minor);
    std::memcpy(buffer.data(), &request, sizeof request);
    if (::ioctl(control.get(), DM_TABLE_STATUS, buffer.data()) != 0) {
        if (errno == ENXIO)
            return fail(Code::not_found, fmt::format("{}: there is no such map", doing()));
        return fail_errno(errno, doing());
    }
    std::memcpy(&request, buffer.data(), sizeof request);
    dm_target_spec target{};
    if ((request.flags & DM_BUFFER_FULL_FLAG) != 0 || request.target_count == 0 ||
        request.data_start > kBytes - sizeof target)
        return fail(Code::internal, fmt::format("{}: it tells no target, or too many paths", doing()));
    std::memcpy(&target, buffer.data() + request.data_start, sizeof target);
    target.target_type[sizeof target.target_type - 1] = '\0';
    if (std::strcmp(target.target_type, "multipath") != 0)
        return fail(Code::invalid, fmt::format("{}: it is a map of type {}", doing(), target.target_type));
    const std::size_t text = request.data_start + sizeof target;
    buffer.back() = '\0';
    return std::string(buffer.data() + text);
}

} // namespace drover::connect
