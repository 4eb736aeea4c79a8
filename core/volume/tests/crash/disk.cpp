#include "core/volume/tests/crash/disk.hpp"

#include "loader/base/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace drover::crash {

namespace {

constexpr off_t kBytes = off_t{1} << 30;

[[noreturn]] void give_up(const std::string &doing) {
    throw std::system_error(errno, std::generic_category(), doing);
}

UniqueFd opened(const std::filesystem::path &file, int flags) {
    UniqueFd fd(::open(file.c_str(), flags | O_CLOEXEC, 0600));
    if (!fd)
        give_up("open " + file.string());
    return fd;
}

// Only what was written: the images are sparse.
void copy_image(const std::filesystem::path &from, const std::filesystem::path &to) {
    const UniqueFd in = opened(from, O_RDONLY);
    const UniqueFd out = opened(to, O_WRONLY | O_CREAT | O_TRUNC);
    if (::ftruncate(out.get(), kBytes) != 0)
        give_up("truncate " + to.string());
    off_t begin = 0;
    while ((begin = ::lseek(in.get(), begin, SEEK_DATA)) >= 0) {
        const off_t end = ::lseek(in.get(), begin, SEEK_HOLE);
        off_t at = begin;
        while (at < end) {
            off_t target = at;
            const auto copied =
                ::copy_file_range(in.get(), &at, out.get(), &target, static_cast<std::size_t>(end - at), 0);
            if (copied <= 0)
                give_up("copy " + from.string());
        }
        begin = end;
    }
}

} // namespace

Disk::Disk(const std::filesystem::path &blank, std::filesystem::path folder)
    : folder_(std::move(folder)), image_(folder_.string() + ".disk"),
      at_the_cut_(folder_.string() + ".disk-at-the-cut") {
    copy_image(blank, image_);
    mount(image_);
}

Disk::~Disk() {
    ::umount2(folder_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(image_, ignored);
    std::filesystem::remove(at_the_cut_, ignored);
    std::filesystem::remove(folder_, ignored);
}

void Disk::sync() {
    const UniqueFd fd = opened(folder_, O_RDONLY | O_DIRECTORY);
    if (::syncfs(fd.get()) != 0)
        give_up("sync " + folder_.string());
}

void Disk::lose_power() {
    copy_image(image_, at_the_cut_);
}

void Disk::power_on() {
    unmount();
    std::filesystem::rename(at_the_cut_, image_);
    mount(image_);
}

void Disk::mount(const std::filesystem::path &image) {
    const UniqueFd control = opened("/dev/loop-control", O_RDWR);
    const UniqueFd backing = opened(image, O_RDWR);
    // Another process may take the free one first.
    for (int tries = 0; tries < 50; ++tries) {
        const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0)
            give_up("find a free loop device");
        const std::string device = "/dev/loop" + std::to_string(number);
        const UniqueFd loop = opened(device, O_RDWR);
        loop_config config{};
        config.fd = static_cast<__u32>(backing.get());
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        if (::ioctl(loop.get(), LOOP_CONFIGURE, &config) != 0) {
            if (errno == EBUSY)
                continue;
            give_up("configure " + device);
        }
        // The journal is not to be committed by the clock: only who syncs, has written.
        if (::mount(device.c_str(), folder_.c_str(), "ext4", 0, "commit=300") != 0)
            give_up("mount " + device);
        return;
    }
    throw std::runtime_error("no loop device stays free");
}

void Disk::unmount() {
    if (::umount2(folder_.c_str(), 0) != 0 && ::umount2(folder_.c_str(), MNT_DETACH) != 0)
        give_up("unmount " + folder_.string());
}

void Disk::make_blank(const std::filesystem::path &file) {
    {
        const UniqueFd fd = opened(file, O_WRONLY | O_CREAT | O_TRUNC);
        if (::ftruncate(fd.get(), kBytes) != 0)
            give_up("truncate " + file.string());
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execlp("mkfs.ext4", "mkfs.ext4", "-q", "-F", file.c_str(), nullptr);
        ::_exit(127);
    }
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error("mkfs.ext4 failed on " + file.string());
}

} // namespace drover::crash
