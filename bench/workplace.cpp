#include "bench/workplace.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <vector>

namespace drover::bench {

namespace {

std::vector<std::string> mounts_below(const std::string &folder) {
    std::vector<std::string> targets;
    std::ifstream table("/proc/self/mountinfo");
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string target;
        for (int i = 0; i < 5; ++i)
            fields >> target;
        if (target.starts_with(folder + "/"))
            targets.push_back(target);
    }
    return targets;
}

std::set<std::string> loop_devices() {
    std::set<std::string> names;
    std::error_code ignored;
    for (const auto &block : std::filesystem::directory_iterator("/sys/block", ignored)) {
        if (block.path().filename().string().starts_with("loop"))
            names.insert(block.path().filename().string());
    }
    return names;
}

// Of what it detaches it also removes what is not in `keep`.
void detach_loops_below(const std::string &folder, const std::set<std::string> &keep) {
    const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    for (const auto &name : loop_devices()) {
        const auto block = std::filesystem::path("/sys/block") / name;
        std::string file;
        std::getline(std::ifstream(block / "loop" / "backing_file"), file);
        if (!file.starts_with(folder + "/"))
            continue;
        UniqueFd device(::open(("/dev/" + name).c_str(), O_RDWR | O_CLOEXEC));
        if (!device || ::ioctl(device.get(), LOOP_CLR_FD, 0) != 0)
            continue;
        device.reset(); // it is detached when the last one closes it
        if (control && !keep.contains(name))
            (void)::ioctl(control.get(), LOOP_CTL_REMOVE, std::stoi(name.substr(std::strlen("loop"))));
    }
}

// The agent makes its empty mount points immutable.
void unlock_folders(const std::filesystem::path &folder) {
    std::error_code ignored;
    for (const auto &entry : std::filesystem::directory_iterator(folder, ignored)) {
        const UniqueFd fd(
            ::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
        int flags = 0;
        if (!fd || ::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0)
            continue;
        flags &= ~FS_IMMUTABLE_FL;
        (void)::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags);
    }
}

} // namespace

std::filesystem::path build_folder() {
    static const auto folder = std::filesystem::canonical("/proc/self/exe").parent_path().parent_path();
    return folder;
}

void leave_mount_namespace() {
    (void)build_folder(); // the kernel tells our own path in the namespace that we were started in
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        throw std::runtime_error("the benchmarks make loop devices and mounts: run them as root");
}

Workplace::Workplace() : loops_before_(loop_devices()) {
    const char *below = std::getenv("TMPDIR");
    std::string pattern = fmt::format("{}/drover-bench.XXXXXX", below != nullptr ? below : "/tmp");
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error(fmt::format("no folder can be made as {}", pattern));
    path_ = std::filesystem::canonical(pattern);
    // Drivers are loaded only from paths that nobody but root may write to; where the build lies is unknown.
    std::filesystem::create_directory(path_ / "drivers");
    for (const char *name : {"drivers/loopback.so", "bench/drivers/memory.so"}) {
        const auto from = build_folder() / name;
        const auto to = path_ / "drivers" / from.filename();
        std::filesystem::copy_file(from, to);
        ::chmod(to.c_str(), 0755);
    }
}

Workplace::~Workplace() {
    const auto targets = mounts_below(path_.string());
    for (auto target = targets.rbegin(); target != targets.rend(); ++target)
        (void)::umount2(target->c_str(), UMOUNT_NOFOLLOW);
    if (!mounts_below(path_.string()).empty()) { // never remove what lies on a volume
        std::cerr << "drover-bench: something is still mounted below " << path_ << ": it is left there\n";
        return;
    }
    detach_loops_below(path_.string(), loops_before_);
    std::error_code ignored;
    for (const auto &agent : std::filesystem::directory_iterator(path_, ignored))
        unlock_folders(agent.path() / "mnt");
    std::filesystem::remove_all(path_, ignored);
}

} // namespace drover::bench
