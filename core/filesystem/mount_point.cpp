#include "core/filesystem/mount_point.hpp"

#include "loader/base/unique_fd.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <vector>

namespace drover::filesystem {
namespace {

Result<void> make_parents(const std::filesystem::path &folder) {
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST)
        return {};
    if (errno == ENOENT && folder.has_parent_path() && folder.parent_path() != folder) {
        if (auto made = make_parents(folder.parent_path()); !made)
            return made;
        if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST)
            return {};
    }
    return fail_errno(errno, fmt::format("making the folder {}", folder.string()));
}

// Best effort: tmpfs, overlay and others may not know the flag, and root may lack the right to set it.
void set_immutable(int fd, bool immutable) {
    int flags = 0;
    if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
        return;
    const int wanted = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    if (wanted != flags)
        (void)::ioctl(fd, FS_IOC_SETFLAGS, &wanted);
}

Result<std::vector<std::string>> names_in(const UniqueFd &fd, const std::filesystem::path &target) {
    const std::unique_ptr<DIR, int (*)(DIR *)> folder(::fdopendir(::dup(fd.get())), &::closedir);
    if (!folder)
        return fail_errno(errno, fmt::format("listing the mount point {}", target.string()));
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent *entry = ::readdir(folder.get());
        if (entry == nullptr && errno != 0)
            return fail_errno(errno, fmt::format("listing the mount point {}", target.string()));
        if (entry == nullptr)
            return names;
        if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
            names.emplace_back(entry->d_name);
    }
}

} // namespace

Result<std::filesystem::path> resolve_mount_point(const std::filesystem::path &target) {
    const auto plain = target.lexically_normal();
    const auto folder = plain.has_filename() ? plain : plain.parent_path();
    if (!folder.is_absolute() || !folder.has_filename()) {
        return fail(Code::invalid,
                    fmt::format("\"{}\" is no absolute path of a mount point", target.string()));
    }
    std::error_code error;
    auto parent = std::filesystem::weakly_canonical(folder.parent_path(), error);
    if (error)
        return fail_errno(error.value(), fmt::format("looking for the mount point {}", target.string()));
    return parent / folder.filename();
}

Result<void> make_mount_point(const std::filesystem::path &target) {
    if (auto made = make_parents(target.parent_path()); !made)
        return made;
    if (::mkdir(target.c_str(), 0) != 0 && errno != EEXIST)
        return fail_errno(errno, fmt::format("making the mount point {}", target.string()));
    const UniqueFd fd(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && (errno == ENOTDIR || errno == ELOOP)) {
        return fail(Code::conflict,
                    fmt::format("the mount point {} is a file or a link, not a folder: move it away",
                                target.string()));
    }
    if (!fd)
        return fail_errno(errno, fmt::format("opening the mount point {}", target.string()));
    auto names = names_in(fd, target);
    if (!names)
        return fail(std::move(names).error());
    if (!names->empty()) {
        return fail(Code::conflict,
                    fmt::format("the mount point {} is not empty, it holds \"{}\"{}: move the files away",
                                target.string(), names->front(),
                                names->size() == 1 ? "" : fmt::format(" and {} more", names->size() - 1)));
    }
    if (::fchmod(fd.get(), 0) != 0 &&
        errno != EPERM) // EPERM: immutable from before, so its mode was set then
        return fail_errno(errno, fmt::format("closing the mount point {}", target.string()));
    set_immutable(fd.get(), true);
    return {};
}

void remove_mount_point(const std::filesystem::path &target) {
    {
        const UniqueFd fd(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!fd)
            return;
        set_immutable(fd.get(), false);
    }
    (void)::rmdir(target.c_str());
}

} // namespace drover::filesystem
