#include "files.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace loopback {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

void make_folder(int parent, const std::string &name, mode_t mode) {
    if (::mkdirat(parent, name.c_str(), mode) != 0 && errno != EEXIST)
        throw failure("cannot make the folder", name, errno);
}

} // namespace

void Fd::reset() noexcept {
    if (fd_ >= 0)
        ::close(std::exchange(fd_, -1));
}

drv::Error failure(std::string_view what, std::string_view path, int number) {
    using drv::Code;
    std::string text =
        std::string(what) + ' ' + std::string(path) + ": " + std::generic_category().message(number);
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return {Code::no_space, text + "; free space on the filesystem of root_path"};
    case EFBIG:
        return {Code::invalid, text + "; the filesystem of root_path cannot hold a file of that size"};
    case EIO:
    case EROFS:
    case ESTALE:
        return drv::Error(Code::unreachable, text).retryable();
    case EACCES:
    case EPERM:
        return {Code::internal, text + "; the loopback driver needs to run as root"};
    default:
        return {Code::internal, std::move(text)};
    }
}

Fd open_root(const std::string &path) {
    if (path.empty() || path.front() != '/') {
        throw drv::Error(drv::Code::invalid,
                         "configuration key \"root_path\" is \"" + path + "\"; expected an absolute path");
    }
    for (std::size_t at = 1; at < path.size(); ++at) {
        if (path[at] == '/')
            make_folder(AT_FDCWD, path.substr(0, at), 0755);
    }
    make_folder(AT_FDCWD, path, kFolderMode);
    Fd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root)
        throw failure("cannot open root_path", path, errno);
    const struct stat status = status_of(root.get(), path);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 || (status.st_uid != ::geteuid() && status.st_uid != 0)) {
        throw drv::Error(drv::Code::invalid,
                         "root_path " + path +
                             " can be written by others, who could then read and change every "
                             "volume; run: chown root " +
                             path + " && chmod 0700 " + path);
    }
    return root;
}

Fd open_folder(int parent, const std::string &name) {
    make_folder(parent, name, kFolderMode);
    Fd folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder)
        throw failure("cannot open the folder", name, errno);
    return folder;
}

std::optional<Fd> open_file(int folder, const std::string &name, int flags) {
    // O_NONBLOCK: somebody may have put a FIFO here.
    Fd file(::openat(folder, name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, kFileMode));
    if (!file) {
        if (errno == ENOENT)
            return std::nullopt;
        if (errno == ELOOP || errno == EISDIR || errno == ENXIO)
            throw drv::Error(drv::Code::conflict, name + " is no regular file; move it out of root_path");
        throw failure("cannot open", name, errno);
    }
    if (!S_ISREG(status_of(file.get(), name).st_mode))
        throw drv::Error(drv::Code::conflict, name + " is no regular file; move it out of root_path");
    return file;
}

std::string read_start(int fd, const std::string &name, std::size_t max_bytes) {
    std::string text(std::min<std::size_t>(max_bytes + 1, 4096), '\0');
    std::size_t length = 0;
    for (;;) {
        const ssize_t got =
            ::pread(fd, text.data() + length, text.size() - length, static_cast<off_t>(length));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            throw failure("cannot read", name, errno);
        length += static_cast<std::size_t>(got);
        if (got == 0 || length > max_bytes)
            break;
        if (length == text.size())
            text.resize(std::min(text.size() * 4, max_bytes + 1));
    }
    text.resize(length);
    return text;
}

void replace_file(int folder, const std::string &name, std::string_view text, Lasting lasting,
                  void (*after_rename)(void *), void *data) {
    const std::string temporary = name + ".tmp";
    remove_file(folder, temporary);
    try {
        Fd file(::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         kFileMode));
        if (!file)
            throw failure("cannot make", temporary, errno);
        for (std::size_t at = 0; at < text.size();) {
            const ssize_t put = ::write(file.get(), text.data() + at, text.size() - at);
            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                throw failure("cannot write", temporary, errno);
            at += static_cast<std::size_t>(put);
        }
        flush(file.get(), temporary);
        if (::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0)
            throw failure("cannot rename to", name, errno);
    } catch (...) {
        (void)::unlinkat(folder, temporary.c_str(), 0);
        throw;
    }
    if (after_rename != nullptr)
        after_rename(data);
    if (lasting == Lasting::through_power_loss && ::fsync(folder) != 0)
        throw failure("cannot flush the folder of", name, errno).state_unknown();
}

bool remove_file(int folder, const std::string &name) {
    if (::unlinkat(folder, name.c_str(), 0) == 0)
        return true;
    if (errno != ENOENT)
        throw failure("cannot remove", name, errno);
    return false;
}

Openers openers_of(int fd) noexcept {
    // The kernel grants a write lease to the only opener. Whoever opens the file before the lease is given
    // back makes the kernel send a signal, which is SIGIO, and deadly, unless another one is asked for.
    if (::fcntl(fd, F_SETSIG, SIGURG) != 0)
        return Openers::unknown;
    if (::fcntl(fd, F_SETLEASE, F_WRLCK) != 0)
        return errno == EAGAIN ? Openers::others_too : Openers::unknown;
    (void)::fcntl(fd, F_SETLEASE, F_UNLCK);
    return Openers::this_only;
}

void flush(int fd, std::string_view path) {
    if (::fsync(fd) != 0)
        throw failure("cannot flush", path, errno);
}

std::vector<std::string> names_in(int folder) {
    // A descriptor of its own: the position of a directory stream is shared by duplicates.
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR *)> stream(copy < 0 ? nullptr : ::fdopendir(copy), &::closedir);
    if (!stream)
        throw failure("cannot list", "a folder in root_path", errno);
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent *entry = ::readdir(stream.get());
        if (entry == nullptr)
            break;
        if (entry->d_name[0] != '.')
            names.emplace_back(entry->d_name);
    }
    if (errno != 0)
        throw failure("cannot list", "a folder in root_path", errno);
    return names;
}

struct stat status_of(int fd, std::string_view path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0)
        throw failure("cannot look at", path, errno);
    return status;
}

} // namespace loopback
