#include "conformance/simulators/frame/lio/loop_device.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <linux/fs.h>
#include <linux/loop.h>
#include <string>
#include <sys/ioctl.h>
#include <system_error>

namespace drover::sim::loop_device {
namespace fs = std::filesystem;
namespace {

Result<UniqueFd> open_device(const fs::path &device) {
    UniqueFd fd(::open(device.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("opening {}", device.string()));
    return fd;
}

// Calls `found` with each device and the file it has.
void for_each(const std::function<void(const fs::path &device, const std::string &file)> &found) {
    std::error_code error;
    for (fs::directory_iterator entry("/sys/block", error), end; !error && entry != end;
         entry.increment(error)) {
        std::ifstream backing(entry->path() / "loop/backing_file");
        std::string file;
        if (std::getline(backing, file))
            found(fs::path("/dev") / entry->path().filename(), file);
    }
}

} // namespace

Result<fs::path> attach(const fs::path &file) {
    fs::path device;
    for_each([&](const fs::path &candidate, const std::string &backing) {
        if (backing == file.string())
            device = candidate;
    });
    if (!device.empty()) {
        if (auto sized = take_new_size(device); !sized)
            return fail(std::move(sized).error());
        return device;
    }
    const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    if (!control)
        return fail_errno(errno, "opening /dev/loop-control");
    const UniqueFd backing(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    if (!backing)
        return fail_errno(errno, fmt::format("opening the volume's file {}", file.string()));
    loop_config config{};
    config.fd = static_cast<__u32>(backing.get());
    // Another process may take the device that was free an instant ago.
    for (int attempt = 0; attempt < 64; ++attempt) {
        const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0)
            return fail_errno(errno, "asking for a free loop device");
        device = fmt::format("/dev/loop{}", number);
        auto fd = open_device(device);
        if (!fd)
            return fail(std::move(fd).error());
        if (::ioctl(fd->get(), LOOP_CONFIGURE, &config) == 0)
            return device;
        if (errno != EBUSY)
            return fail_errno(errno, fmt::format("giving {} to {}", file.string(), device.string()));
    }
    return fail_retryable(Code::conflict, "others took each loop device that was free: try again");
}

Result<void> take_new_size(const fs::path &device) {
    const auto fd = open_device(device);
    if (!fd)
        return fail(fd.error());
    if (::ioctl(fd->get(), LOOP_SET_CAPACITY, 0) != 0)
        return fail_errno(errno, fmt::format("giving {} its file's new size", device.string()));
    return {};
}

Result<void> drop_cache(const fs::path &device) {
    const auto fd = open_device(device);
    if (!fd)
        return fail(fd.error());
    if (::ioctl(fd->get(), BLKFLSBUF, 0) != 0)
        return fail_errno(errno, fmt::format("dropping what is cached of {}", device.string()));
    return {};
}

Result<void> detach(const fs::path &device) {
    const auto fd = open_device(device);
    if (!fd)
        return fail(fd.error());
    if (::ioctl(fd->get(), LOOP_CLR_FD, 0) != 0 && errno != ENXIO)
        return fail_errno(errno, fmt::format("detaching {}", device.string()));
    return {};
}

Result<void> detach_all_below(const fs::path &folder) {
    const auto below = folder.string() + "/";
    Result<void> result;
    for_each([&](const fs::path &device, const std::string &file) {
        if (file.starts_with(below)) {
            if (auto detached = detach(device); !detached)
                result = std::move(detached);
        }
    });
    return result;
}

} // namespace drover::sim::loop_device
