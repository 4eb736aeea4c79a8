#include "loader/trusted_path.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <deque>
#include <sys/stat.h>
#include <unistd.h>

namespace drover {
namespace {

constexpr int kMaxSymlinks = 40; // as the kernel's own limit

// For a shell: bare when harmless, else in single quotes.
std::string quoted(const std::string &path) {
    if (path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+") ==
        std::string::npos)
        return path;
    std::string result = "'";
    for (const char c : path) {
        if (c == '\'') {
            result += "'\\''";
        } else {
            result += c;
        }
    }
    return result + "'";
}

bool is_trusted_owner(uid_t owner) {
    return owner == 0 || owner == ::geteuid();
}

Result<void> check_component(const std::string &path, const struct stat &status) {
    const mode_t mode = status.st_mode & 07777;
    const std::string agent =
        ::geteuid() == 0 ? "root" : fmt::format("root or uid {}, the agent's user", ::geteuid());
    if (!is_trusted_owner(status.st_uid)) {
        return fail(
            Code::invalid,
            fmt::format("{} belongs to uid {} (mode {:04o}), who could replace the driver; it must belong to "
                        "{}. To fix it: chown {}root:root {}",
                        path, status.st_uid, mode, agent, S_ISLNK(status.st_mode) ? "-h " : "",
                        quoted(path)));
    }
    if (S_ISLNK(status.st_mode) || (mode & (S_IWGRP | S_IWOTH)) == 0)
        return {};
    if (S_ISDIR(status.st_mode) && (mode & S_ISVTX) != 0 && status.st_uid == 0)
        return {};
    return fail(Code::invalid,
                fmt::format("{} is writable by {} (mode {:04o}, uid {}), who could replace the "
                            "driver. To fix it: chmod go-w {}",
                            path,
                            (mode & S_IWOTH) == 0   ? "its group"
                            : (mode & S_IWGRP) == 0 ? "others"
                                                    : "group and others",
                            mode, status.st_uid, quoted(path)));
}

void push_components(std::deque<std::string> &todo, const std::filesystem::path &path) {
    std::deque<std::string> parts;
    for (const auto &part : path) {
        if (!part.empty() && part != "/" && part != ".")
            parts.push_back(part.native());
    }
    todo.insert(todo.begin(), parts.begin(), parts.end());
}

} // namespace

Result<std::filesystem::path> check_trusted_file(const std::filesystem::path &path) {
    if (!path.is_absolute()) {
        return fail(Code::invalid,
                    fmt::format("{} is not an absolute path; drivers are only loaded by one", path.native()));
    }
    std::deque<std::string> todo;
    push_components(todo, path);
    std::filesystem::path here = "/";
    struct stat status {};
    int symlinks = 0;
    while (true) {
        if (::lstat(here.c_str(), &status) != 0)
            return fail_errno(errno, fmt::format("{} cannot be examined", here.native()));
        if (auto checked = check_component(here.native(), status); !checked)
            return fail(std::move(checked).error());
        if (S_ISLNK(status.st_mode)) {
            if (++symlinks > kMaxSymlinks) {
                return fail(Code::invalid,
                            fmt::format("{} leads through more than {} symlinks, in a circle perhaps",
                                        path.native(), kMaxSymlinks));
            }
            std::error_code error;
            const auto target = std::filesystem::read_symlink(here, error);
            if (error)
                return fail_errno(error.value(), fmt::format("{} cannot be read", here.native()));
            here = target.is_absolute() ? std::filesystem::path("/") : here.parent_path();
            push_components(todo, target);
            continue;
        }
        if (todo.empty())
            break;
        if (!S_ISDIR(status.st_mode))
            return fail_errno(ENOTDIR, here.native());
        // `here` has no symlinks in it, so ".." is its parent.
        here = todo.front() == ".." ? here.parent_path() : here / todo.front();
        todo.pop_front();
    }
    if (!S_ISREG(status.st_mode))
        return fail(Code::invalid, fmt::format("{} is not a regular file: a driver is a .so", here.native()));
    return here;
}

} // namespace drover
