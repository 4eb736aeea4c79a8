#include "core/http/socket_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <vector>

namespace drover::http {

namespace fs = std::filesystem;

namespace {

Result<sockaddr_un> address_of(const fs::path &file) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string &text = file.native();
    if (text.empty() || text.size() >= sizeof address.sun_path) {
        return fail(Code::invalid,
                    fmt::format("socket {}: the path of a socket has 1 to {} bytes, this one {}", text,
                                sizeof address.sun_path - 1, text.size()));
    }
    std::memcpy(address.sun_path, text.data(), text.size());
    return address;
}

Result<void> make_folder(const fs::path &folder) {
    std::vector<fs::path> missing;
    std::error_code error;
    for (fs::path at = folder; !at.empty() && !fs::exists(at, error); at = at.parent_path())
        missing.push_back(at);
    for (; !missing.empty(); missing.pop_back()) {
        const fs::path &at = missing.back();
        if (::mkdir(at.c_str(), 0755) != 0) {
            if (errno == EEXIST)
                continue;
            return fail_errno(errno, fmt::format("cannot create folder {}", at.native()));
        }
        // The umask must not close it: dockerd and its users look into it.
        if (::chmod(at.c_str(), 0755) != 0)
            return fail_errno(errno, fmt::format("cannot open folder {} to others", at.native()));
    }
    return {};
}

// Two processes that both find a stale file must not unlink each other's fresh one, so the folder is locked
// while one looks. Someone who holds that lock for long only gets us the old race back, not a hang.
UniqueFd lock_folder(const fs::path &folder) {
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    constexpr int kTries = 200;
    for (int i = 0; fd && i < kTries && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++i)
        ::poll(nullptr, 0, 10);
    return fd;
}

Result<void> remove_stale(const fs::path &file) {
    struct stat found {};
    if (::lstat(file.c_str(), &found) != 0) {
        if (errno == ENOENT)
            return {};
        return fail_errno(errno, fmt::format("socket {}", file.native()));
    }
    if (!S_ISSOCK(found.st_mode)) {
        return fail(
            Code::conflict,
            fmt::format("{} exists and is no socket: move it away, or choose another path", file.native()));
    }
    const auto live = connect_to_socket(file);
    // A full backlog (EAGAIN) and a mode that keeps us out are signs of life.
    if (live || (live.error().code != Code::unreachable && live.error().code != Code::not_found)) {
        return fail(
            Code::conflict,
            fmt::format("another process listens on {}: stop it, or choose another path", file.native()));
    }
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, fmt::format("cannot remove the stale socket {}", file.native()));
    return {};
}

} // namespace

Result<UniqueFd> connect_to_socket(const fs::path &file) {
    const auto address = address_of(file);
    if (!address)
        return fail(address.error());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return fail_errno(errno, "cannot make a socket");
    while (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&*address), sizeof *address) != 0) {
        const int failed = errno;
        if (failed == EINTR)
            continue;
        if (failed == ECONNREFUSED)
            return fail(Code::unreachable, fmt::format("{}: nobody listens", file.native()));
        if (failed == EAGAIN)
            return fail_retryable(Code::conflict, fmt::format("{}: too many wait to connect", file.native()));
        return fail_errno(failed, file.native());
    }
    return fd;
}

SocketFile::SocketFile(fs::path file, UniqueFd listener, const struct stat &made)
    : file_(std::move(file)), listener_(std::move(listener)), device_(made.st_dev), inode_(made.st_ino) {}

Result<SocketFile> SocketFile::listen(const fs::path &file, unsigned mode) {
    const auto address = address_of(file);
    if (!address)
        return fail(address.error());
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (auto made = make_folder(folder); !made)
        return fail(std::move(made).error());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return fail_errno(errno, "cannot make a socket");

    const UniqueFd lock = lock_folder(folder);
    if (auto removed = remove_stale(file); !removed)
        return fail(std::move(removed).error());
    // The file gets the mode of the unbound socket (less the umask), so it is never open to others for a
    // moment, and the umask, which all threads share, stays as it is.
    if (::fchmod(fd.get(), mode) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr *>(&*address), sizeof *address) != 0 ||
        ::chmod(file.c_str(), mode) != 0) {
        return fail_errno(errno, fmt::format("cannot make the socket {}", file.native()));
    }
    struct stat made {};
    if (::lstat(file.c_str(), &made) != 0)
        return fail_errno(errno, fmt::format("socket {}", file.native()));
    SocketFile out(file, std::move(fd), made);
    if (::listen(out.listener_.get(), SOMAXCONN) != 0)
        return fail_errno(errno, fmt::format("cannot listen on {}", file.native()));
    return out;
}

void SocketFile::unlink() noexcept {
    struct stat now {};
    if (inode_ != 0 && ::lstat(file_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_)
        ::unlink(file_.c_str());
    inode_ = 0;
}

} // namespace drover::http
