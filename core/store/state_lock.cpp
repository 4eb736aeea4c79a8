#include "core/store/state_lock.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>

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

// "process 812 (drover-agent)", as far as the lock file and /proc tell.
std::string holder_of(int fd) {
    char text[32] = {};
    const ssize_t length = ::pread(fd, text, sizeof text - 1, 0);
    int pid = 0;
    if (length <= 0 || std::from_chars(text, text + length, pid).ec != std::errc() || pid <= 0)
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
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return fail_errno(errno, fmt::format("locking {}", name));
        return fail(Code::conflict,
                    fmt::format("the state {} is in use by {}: stop it first, or give this one a state "
                                "folder of its own",
                                file.string(), holder_of(fd.get())));
    }
    // Only for the sentence above; on a full disk the lock holds without it.
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
        return StateLock(std::move(fd));
    return StateLock(std::move(fd));
}

} // namespace drover::store
