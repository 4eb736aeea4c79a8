#include "loop_device.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <memory>
#include <optional>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace loopback {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kDevices = "/dev/";
constexpr std::string_view kControl = "/dev/loop-control";
constexpr std::uint32_t kBlockSize = 512;
constexpr int kMaxRenewals = 3;
constexpr int kMaxAttempts = 1000;
// Others may look at a device for a moment (udev, blkid) without meaning to keep it.
constexpr std::chrono::milliseconds kGrace{300};
constexpr std::chrono::milliseconds kPause{5};

bool is_loop_name(std::string_view name) {
    return name.size() > 4 && name.size() < 16 && name.starts_with("loop") &&
           name.substr(4).find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_loop_path(std::string_view path) {
    return path.starts_with(kDevices) && is_loop_name(path.substr(kDevices.size()));
}

Fd open_device(const std::string &path, int flags) {
    return Fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
}

// What the device is bound to; nothing: to no file.
std::optional<loop_info64> query(const Fd &device, const std::string &path) {
    loop_info64 info{};
    if (::ioctl(device.get(), LOOP_GET_STATUS64, &info) == 0)
        return info;
    if (errno == ENXIO)
        return std::nullopt;
    throw failure("cannot ask", path, errno);
}

FileId backing_of(const loop_info64 &info) {
    return {info.lo_device, info.lo_inode};
}

// The file's path as the kernel knows it; empty when the device has none.
std::string backing_path(const std::string &name) {
    const Fd file(::open(("/sys/block/" + name + "/loop/backing_file").c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return {};
    try {
        return read_start(file.get(), name, 8192);
    } catch (const drv::Error &) { // the device was taken away meanwhile
        return {};
    }
}

// Refusing discards is for ever: the kernel keeps the setting when the device is bound anew, and takes no
// other value once it is 0. Only a new device in its place does discards again.
constexpr char kDiscards[] = "discard_max_bytes";
constexpr char kHardwareDiscards[] = "discard_max_hw_bytes";

std::string knob_of(const std::string &path, const char *name) {
    return "/sys/block/" + path.substr(kDevices.size()) + "/queue/" + name;
}

std::string read_knob(const std::string &path, const char *name) {
    const std::string knob = knob_of(path, name);
    const Fd file(::open(knob.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        throw failure("cannot open", knob, errno);
    std::string text = read_start(file.get(), knob, 64);
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

// Puts a new device in the place of one that is free. One that somebody took meanwhile stays (EBUSY).
void renew(const std::string &path) {
    const Fd control(::open(std::string(kControl).c_str(), O_RDWR | O_CLOEXEC));
    int number = 0;
    const std::string_view digits = std::string_view(path).substr(kDevices.size() + 4);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (control && ::ioctl(control.get(), LOOP_CTL_REMOVE, number) >= 0)
        (void)::ioctl(control.get(), LOOP_CTL_ADD, number);
}

// Opens the device when it is bound to the file; an empty descriptor otherwise.
Fd open_bound(const std::string &path, const FileId &backing, int flags) {
    if (!is_loop_path(path))
        return {};
    Fd device = open_device(path, flags);
    if (!device)
        return {};
    const auto info = query(device, path);
    if (!info || backing_of(*info) != backing)
        return {};
    return device;
}

Fd must_open_bound(const std::string &path, const FileId &backing, int flags) {
    Fd device = open_bound(path, backing, flags);
    if (!device) {
        throw drv::Error(drv::Code::conflict,
                         path + " is no longer bound to the volume's image; detach the volume "
                                "and attach it again");
    }
    return device;
}

drv::Error in_use(const std::string &path) {
    return drv::Error(drv::Code::conflict, path + " is still in use: it is mounted or a process has it open")
        .retryable();
}

// Waits a little. False: patience or the call ended.
bool wait_a_little(const drv::Call &call, Clock::time_point end) {
    return Clock::now() < end && call.wait_for(kPause);
}

enum class Gone { yes, no };

// After LOOP_CLR_FD the file leaves the device when its last opener does, which may be somebody else.
Gone wait_until_gone(const drv::Call &call, const std::string &path, const FileId &backing) {
    const auto end = Clock::now() + kGrace;
    do {
        const Fd device = open_device(path, O_RDONLY);
        // ENXIO: it is being taken apart, or the node went away.
        if (!device && errno != ENXIO && errno != ENOENT)
            throw failure("cannot open", path, errno);
        if (device) {
            const auto info = query(device, path);
            if (!info || backing_of(*info) != backing)
                return Gone::yes;
        } else if (backing_path(path.substr(kDevices.size())).empty()) {
            return Gone::yes;
        }
    } while (wait_a_little(call, end));
    return Gone::no;
}

// Takes back the "clear on last close" that a refused LOOP_CLR_FD has left: the device must not vanish later.
Gone keep_bound(const std::string &path, const FileId &backing) {
    const Fd device = open_bound(path, backing, O_RDWR);
    if (!device)
        return Gone::yes;
    auto info = query(device, path);
    if (!info)
        return Gone::yes;
    info->lo_flags &= ~static_cast<std::uint32_t>(LO_FLAGS_AUTOCLEAR);
    if (::ioctl(device.get(), LOOP_SET_STATUS64, &*info) != 0)
        return errno == ENXIO ? Gone::yes : Gone::no;
    return Gone::no;
}

// A device that cannot keep its promise is not handed out.
void refuse_or_free(const Fd &device, const std::string &path) {
    try {
        refuse_discards(path);
    } catch (...) {
        (void)::ioctl(device.get(), LOOP_CLR_FD, 0);
        throw;
    }
}

} // namespace

std::string wwid_of(const FileId &backing) {
    const auto hex = [](std::uint64_t number) {
        char digits[16];
        const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
        return std::string(digits, end);
    };
    return "loop:" + hex(backing.device) + ":" + hex(backing.inode);
}

bool is_bound(const std::string &path, const FileId &backing) {
    return static_cast<bool>(open_bound(path, backing, O_RDONLY));
}

std::vector<BoundLoop> find_loops(std::string_view image_name, const FileId &backing) {
    const std::unique_ptr<DIR, int (*)(DIR *)> folder(::opendir("/sys/block"), &::closedir);
    if (!folder)
        throw failure("cannot list", "/sys/block", errno);
    std::vector<BoundLoop> found;
    while (const dirent *entry = ::readdir(folder.get())) {
        const std::string name = entry->d_name;
        if (!is_loop_name(name) || backing_path(name).find(image_name) == std::string::npos)
            continue;
        const std::string path = std::string(kDevices) + name;
        if (const Fd device = open_bound(path, backing, O_RDONLY)) {
            int read_only = 0;
            if (::ioctl(device.get(), BLKROGET, &read_only) != 0)
                throw failure("cannot ask", path, errno);
            found.push_back({path, read_only != 0});
        }
    }
    return found;
}

std::string bind_loop(const drv::Call &call, int image, std::string_view image_name, bool read_only,
                      Discards discards) {
    const Fd control(::open(std::string(kControl).c_str(), O_RDWR | O_CLOEXEC));
    if (!control)
        throw failure("cannot open", kControl, errno);
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(image);
    config.block_size = kBlockSize;
    config.info.lo_flags = LO_FLAGS_DIRECT_IO;
    if (read_only)
        config.info.lo_flags |= LO_FLAGS_READ_ONLY;
    std::memcpy(config.info.lo_file_name, image_name.data(),
                std::min<std::size_t>(image_name.size(), LO_NAME_SIZE - 1));
    std::string path;
    int why = 0;
    int renewals = 0;
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        call.throw_if_cancelled();
        const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0)
            throw failure("no free loop device from", kControl, errno);
        path = "/dev/loop" + std::to_string(number);
        Fd device = open_device(path, read_only ? O_RDONLY : O_RDWR);
        if (device && ::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) {
            if (discards == Discards::refuse) {
                refuse_or_free(device, path);
            } else if (renewals < kMaxRenewals && refuses_discards(path)) {
                ++renewals; // spent by an agent that crashed, or by somebody else
                (void)::ioctl(device.get(), LOOP_CLR_FD, 0);
                device.reset();
                renew(path);
                continue;
            }
            return path;
        }
        why = errno;
        if (device && why == EINVAL && (config.info.lo_flags & LO_FLAGS_DIRECT_IO) != 0) {
            config.info.lo_flags &= ~static_cast<std::uint32_t>(LO_FLAGS_DIRECT_IO); // this filesystem cannot
            continue;
        }
        // EBUSY: somebody was faster. ENXIO, ENOENT: the node is being taken apart, or is not made yet.
        if (why != EBUSY && why != ENXIO && why != ENOENT)
            break;
        if (why != EBUSY && !call.wait_for(kPause))
            call.throw_if_cancelled();
    }
    throw failure("cannot bind an image to", path, why);
}

void unbind_loop(const drv::Call &call, const std::string &path, const FileId &backing) {
    const auto end = Clock::now() + kGrace;
    bool is_spent = false;
    for (;;) {
        if (!is_bound(path, backing))
            return;
        is_spent = refuses_discards(path);
        // O_EXCL: refused while it is mounted or claimed. A read-only device cannot be opened for writing.
        Fd device = open_device(path, O_RDWR | O_EXCL);
        if (!device && (errno == EACCES || errno == EROFS))
            device = open_device(path, O_RDONLY | O_EXCL);
        if (!device) {
            if (errno == ENXIO || errno == ENOENT)
                return;
            if (errno != EBUSY)
                throw failure("cannot open", path, errno);
            if (wait_a_little(call, end))
                continue;
            call.throw_if_cancelled();
            throw in_use(path);
        }
        const auto info = query(device, path);
        if (!info || backing_of(*info) != backing)
            return;
        flush(device.get(), path);
        if (::ioctl(device.get(), LOOP_CLR_FD, 0) != 0) {
            if (errno == ENXIO)
                return;
            if (errno != EBUSY)
                throw failure("cannot free", path, errno);
            if (wait_a_little(call, end))
                continue;
            throw in_use(path);
        }
        break;
    }
    if (wait_until_gone(call, path, backing) == Gone::no && keep_bound(path, backing) == Gone::no)
        throw in_use(path);
    if (is_spent)
        renew(path); // its next user expects a device like any other
}

void resize_loop(const std::string &path, const FileId &backing) {
    const Fd device = must_open_bound(path, backing, O_RDONLY);
    if (::ioctl(device.get(), LOOP_SET_CAPACITY, 0) != 0)
        throw failure("cannot resize", path, errno).state_unknown();
}

void flush_loop(const std::string &path, const FileId &backing) {
    const Fd device = must_open_bound(path, backing, O_RDONLY);
    flush(device.get(), path);
}

bool refuses_discards(const std::string &path) {
    return read_knob(path, kDiscards) == "0" && read_knob(path, kHardwareDiscards) != "0";
}

void refuse_discards(const std::string &path) {
    if (read_knob(path, kHardwareDiscards) == "0")
        return; // its file cannot do them anyway
    const std::string knob = knob_of(path, kDiscards);
    const Fd file(::open(knob.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), "0", 1) != 1)
        throw failure("cannot write", knob, errno);
}

} // namespace loopback
