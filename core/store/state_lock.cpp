#include "core/store/state_lock.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace drover::store {
namespace {

Result<void> make_folder(const std::filesystem::path &folder) {
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST)
        return {};
    const int error = errno;
    if (error != ENOENT || !folder.has_parent_path() || folder.parent_path() == folder)
        return fail_errno(error, fmt::format("making the state folder {}", folder.string()));
    if (auto parent = make_folder(folder.parent_path()); !parent)
        return parent;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return fail_errno(errno, fmt::format("making the state folder {}", folder.string()));
    return {};
}

Result<void> check_folder(const std::filesystem::path &folder) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0)
        return fail_errno(errno, fmt::format("looking at the state folder {}", folder.string()));
    if (!S_ISDIR(info.st_mode))
        return fail(Code::invalid, fmt::format("the state folder {} is no folder", folder.string()));
    if (info.st_uid != ::geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return fail(Code::auth,
                    fmt::format("the state folder {} belongs to user {} with mode {:04o}: others could "
                                "change the state; run: chown {} {} && chmod 0700 {}",
                                folder.string(), info.st_uid, info.st_mode & 07777U, ::geteuid(),
                                folder.string(), folder.string()));
    }
    return {};
}

// Who wrote himself into the lock file; 0 when nobody did.
pid_t holder_of(int fd) {
    char text[32] = {};
    const ssize_t length = ::pread(fd, text, sizeof text - 1, 0);
    pid_t pid = 0;
    if (length <= 0 || std::from_chars(text, text + length, pid).ec != std::errc() || pid <= 0)
        return 0;
    return pid;
}

// A killed process that waits for its parent to notice counts as gone.
bool is_gone(pid_t pid) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process)
        return errno == ESRCH;
    pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
    return ::poll(&ended, 1, 0) == 1;
}

// The lock belongs to the open file, which a child has too between its fork and the moment when it closes
// what it does not need. So a holder that was killed right then may leave it locked for an instant: that is
// waited for. A holder that lives is not.
Result<bool> lock(int fd) {
    constexpr std::chrono::milliseconds kPause{5};
    constexpr int kMostPauses = 2000;
    for (int pauses = 0;; ++pauses) {
        if (::flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return fail_errno(errno, "flock");
        const pid_t holder = holder_of(fd);
        if (holder == 0 || !is_gone(holder) || pauses >= kMostPauses)
            return false;
        std::this_thread::sleep_for(kPause);
    }
}

// "process 812 (drover-agent)", as far as the lock file and /proc tell.
std::string describe_holder(int fd) {
    const pid_t pid = holder_of(fd);
    if (pid == 0)
        return "another process";
    std::string command;
    std::ifstream comm(fmt::format("/proc/{}/comm", pid));
    if (std::getline(comm, command))
        return fmt::format("process {} ({})", pid, command);
    return fmt::format("process {}", pid);
}

} // namespace

Result<StateLock> StateLock::take(const std::filesystem::path &file) {
    if (!file.is_absolute() || !file.has_filename())
        return fail(Code::invalid, fmt::format("the state file \"{}\" is no absolute path", file.string()));
    const std::filesystem::path folder = file.parent_path();
    if (auto made = make_folder(folder); !made)
        return fail(std::move(made).error());
    if (auto good = check_folder(folder); !good)
        return fail(std::move(good).error());

    const std::string name = file.string() + ".lock";
    UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd)
        return fail_errno(errno, fmt::format("opening the lock file {}", name));
    const auto locked = lock(fd.get());
    if (!locked)
        return fail(Error(locked.error()).with_context(fmt::format("locking {}", name)));
    if (!*locked) {
        return fail(Code::conflict,
                    fmt::format("the state {} is in use by {}: stop it first, or give this one a state "
                                "folder of its own",
                                file.string(), describe_holder(fd.get())));
    }
    // Only for the sentence above; on a full disk the lock holds without it.
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
        return StateLock(std::move(fd));
    return StateLock(std::move(fd));
}

} // namespace drover::store
