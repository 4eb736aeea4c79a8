#include "loader/base/unique_fd.hpp"
#include "loader/host/fence.hpp"

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace drover::host {
namespace {

// Since its second version Landlock lets files be moved between folders.
constexpr int kLeastVersion = 2;
constexpr int kVersionThatTruncates = 3;

constexpr std::uint64_t kWriting =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
constexpr std::uint64_t kTruncate = 1ULL << 14; // LANDLOCK_ACCESS_FS_TRUNCATE, which older headers lack

// Of the root folder. Everything else there may hold a driver's data, as the operator likes.
bool is_of_the_system(std::string_view name) {
    constexpr std::array<std::string_view, 7> kNames = {"usr", "etc", "boot", "proc", "sys", "bin", "sbin"};
    for (const std::string_view of_system : kNames) {
        if (name == of_system)
            return true;
    }
    return name.starts_with("lib"); // lib, lib32, lib64, libx32
}

// Where a driver of a node's own disks tunes what it makes (loop devices, device-mapper): a file here belongs
// to one such device.
constexpr const char *kVirtualDisks = "sys/devices/virtual/block";

struct CloseFolder {
    void operator()(DIR *folder) const noexcept { ::closedir(folder); }
};

// errno values; 0 is good.
int let_write_below(const UniqueFd &rules, int root, const char *name, std::uint64_t writing) {
    const UniqueFd folder(::openat(root, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat found {};
    if (!folder || ::fstat(folder.get(), &found) != 0)
        return errno == ENOENT ? 0 : errno; // it went away
    if (!S_ISDIR(found.st_mode))
        return 0;
    const landlock_path_beneath_attr rule{.allowed_access = writing, .parent_fd = folder.get()};
    return ::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0
                                                                                                    : errno;
}

} // namespace

Result<void> deny_writing_to_the_system() {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < kLeastVersion)
        return {};
    const std::uint64_t writing = kWriting | (version >= kVersionThatTruncates ? kTruncate : 0);
    const auto cannot = [](int error) {
        return fail_errno(error, "the system's folders cannot be made unwritable");
    };
    const landlock_ruleset_attr handled{.handled_access_fs = writing};
    const UniqueFd rules(
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
    if (!rules)
        return cannot(errno);
    const std::unique_ptr<DIR, CloseFolder> root(::opendir("/"));
    if (!root)
        return cannot(errno);
    errno = 0;
    while (const dirent *entry = ::readdir(root.get())) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == ".." || is_of_the_system(name))
            continue;
        if (const int error = let_write_below(rules, ::dirfd(root.get()), entry->d_name, writing); error != 0)
            return cannot(error);
        errno = 0;
    }
    if (errno != 0)
        return cannot(errno);
    if (const int error = let_write_below(rules, ::dirfd(root.get()), kVirtualDisks, writing); error != 0)
        return cannot(error);
    if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0)
        return cannot(errno);
    return {};
}

} // namespace drover::host
