#include "core/filesystem/mount.hpp"

#include "core/filesystem/format.hpp"
#include "core/filesystem/mount_point.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <memory>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

namespace drover::filesystem {
namespace {

// In a child. Device, target, filesystem, and the flags for mount(2).
Result<std::string> mount_here(std::string_view arguments) {
    const auto fields = split_fields(arguments);
    const BlockDevice device = decode_block_device(fields.at(0));
    const std::filesystem::path target = fields.at(1);
    const std::string &fstype = fields.at(2);
    const unsigned long flags = std::stoul(fields.at(3));
    auto fd = open_device(device, O_RDONLY);
    if (!fd)
        return fail(std::move(fd).error());
    fd->reset();
    // A clone of an xfs carries its source's UUID. An ext4 that finds damage must stop writing.
    const char *data = fstype == "xfs" ? "nouuid" : "errors=remount-ro";
    if (::mount(device.path.c_str(), target.c_str(), fstype.c_str(), flags, data) == 0)
        return std::string();
    const int error = errno;
    const std::string what =
        fmt::format("mounting device {} as {} at {}", describe(device), fstype, target.string());
    if (error == EINVAL || error == EUCLEAN) {
        return fail(Code::internal, fmt::format("{}: the kernel finds no usable {} there ({}); see dmesg",
                                                what, fstype, std::generic_category().message(error)));
    }
    if (error == ENODEV)
        return fail(Code::unsupported, fmt::format("{}: this kernel does not know {}", what, fstype));
    return fail_errno(error, what);
}

// Success is what the kernel's table shows.
Result<MountEntry> verify(const BlockDevice &device, const std::filesystem::path &target) {
    auto entry = mounted_at(target);
    if (!entry) {
        Error error = std::move(entry).error();
        error.state_unknown = true;
        return fail(std::move(error));
    }
    if (*entry && (*entry)->major == device.major && (*entry)->minor == device.minor)
        return std::move(**entry);
    if (*entry)
        (void)::umount2(target.c_str(), UMOUNT_NOFOLLOW);
    return fail(
        Code::conflict,
        fmt::format("after mounting device {} the kernel shows {} at {}: it was unmounted again",
                    describe(device),
                    *entry ? fmt::format("device {}:{}", (*entry)->major, (*entry)->minor) : "nothing",
                    target.string()));
}

constexpr std::string_view kOnDisk = "on disk";
constexpr mode_t kModeOfMkfs = 0755;

// mkfs.ext4 leaves the journal out of a filesystem of fewer than 2048 blocks: of 8 MiB at most.
constexpr std::uint64_t kSurelyHasJournal = 16ULL * 1024 * 1024;

struct Root {
    bool in_use = false;   // something is in it
    bool has_mark = false; // lost+found
};

Result<Root> look_into(int fd, const std::filesystem::path &target) {
    const std::unique_ptr<DIR, int (*)(DIR *)> folder(::fdopendir(::dup(fd)), &::closedir);
    if (!folder)
        return fail_errno(errno, fmt::format("listing {}", target.string()));
    Root root;
    for (;;) {
        errno = 0;
        const dirent *entry = ::readdir(folder.get());
        if (entry == nullptr)
            break;
        const std::string_view name = entry->d_name;
        if (name == "lost+found") {
            root.has_mark = true;
        } else if (name != "." && name != "..") {
            root.in_use = true;
        }
    }
    if (errno != 0)
        return fail_errno(errno, fmt::format("listing {}", target.string()));
    return root;
}

// In a child. Target, mode, uid, gid.
Result<std::string> prepare_here(std::string_view arguments) {
    const auto fields = split_fields(arguments);
    const std::filesystem::path target = fields.at(0);
    const auto mode = static_cast<mode_t>(std::stoul(fields.at(1)));
    const auto uid = static_cast<uid_t>(std::stoul(fields.at(2)));
    const auto gid = static_cast<gid_t>(std::stoul(fields.at(3)));
    const UniqueFd fd(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("opening {}", target.string()));
    const auto root = look_into(fd.get(), target);
    if (!root)
        return fail(Error(root.error()));
    struct stat status {};
    struct statfs filesystem {};
    if (::fstat(fd.get(), &status) != 0 || ::fstatfs(fd.get(), &filesystem) != 0)
        return fail_errno(errno, fmt::format("looking at {}", target.string()));
    const auto write_out = [&]() -> Result<std::string> {
        if (::fsync(fd.get()) != 0)
            return fail_errno(errno, fmt::format("writing out {}", target.string()));
        return std::string(kOnDisk);
    };
    const bool leaves_mark = filesystem.f_type == EXT4_SUPER_MAGIC;
    // As mkfs leaves it, or as an earlier try left it. A check makes lost+found anew.
    const mode_t mode_now = status.st_mode & 07777U;
    const bool is_new = (mode_now == kModeOfMkfs || mode_now == mode) &&
                        (status.st_uid == 0 || status.st_uid == uid) &&
                        (status.st_gid == 0 || status.st_gid == gid);
    if (root->in_use || !is_new || (leaves_mark && !root->has_mark))
        return write_out();
    if (::fchown(fd.get(), uid, gid) != 0 || ::fchmod(fd.get(), mode) != 0)
        return fail_errno(errno, fmt::format("setting owner and mode of {}", target.string()));
    // What a check has found is data too, and stays.
    if (root->has_mark && ::unlinkat(fd.get(), "lost+found", AT_REMOVEDIR) != 0 && errno != ENOTEMPTY)
        return fail_errno(errno, fmt::format("removing lost+found from {}", target.string()));
    const std::uint64_t bytes =
        static_cast<std::uint64_t>(filesystem.f_blocks) * static_cast<std::uint64_t>(filesystem.f_bsize);
    if (leaves_mark && bytes >= kSurelyHasJournal)
        return std::string();
    return write_out();
}

} // namespace

Result<MountEntry> mount(const BlockDevice &device, const std::filesystem::path &target,
                         std::string_view fstype, const MountOptions &options, Deadline deadline) {
    if (!is_supported(fstype)) {
        return fail(Code::unsupported, fmt::format("cannot mount a \"{}\" filesystem: Drover mounts {}",
                                                   fstype, supported_names()));
    }
    auto point = resolve_mount_point(target);
    if (!point)
        return fail(std::move(point).error());
    auto there = mounted_at(*point);
    if (!there)
        return fail(std::move(there).error());
    if (*there && (*there)->major == device.major && (*there)->minor == device.minor) {
        return fail(Code::exists,
                    fmt::format("device {} is mounted at {} already", describe(device), point->string()));
    }
    if (*there) {
        return fail(Code::conflict,
                    fmt::format("{} ({}:{}) is mounted at {}: unmount it first", (*there)->source,
                                (*there)->major, (*there)->minor, point->string()));
    }
    if (auto made = make_mount_point(*point); !made)
        return fail(std::move(made).error());
    const unsigned long flags = options.flags | (options.read_only ? 1UL * MS_RDONLY : 0UL);
    auto mounted = call_in_kept_child(
        fmt::format("mounting device {} at {}", describe(device), point->string()), deadline, &mount_here,
        join_fields({encode(device), point->native(), fstype, std::to_string(flags)}));
    if (!mounted) {
        if (!mounted.error().state_unknown)
            remove_mount_point(*point);
        return fail(std::move(mounted).error());
    }
    return verify(device, *point);
}

Result<bool> prepare_new_root(const std::filesystem::path &target, mode_t mode, uid_t uid, gid_t gid,
                              Deadline deadline) {
    auto point = resolve_mount_point(target);
    if (!point)
        return fail(std::move(point).error());
    auto there = mounted_at(*point);
    if (!there)
        return fail(std::move(there).error());
    if (!*there)
        return fail(Code::conflict, fmt::format("nothing is mounted at {}", point->string()));
    auto prepared = call_in_kept_child(
        fmt::format("preparing the new filesystem at {}", point->string()), deadline, &prepare_here,
        join_fields({point->native(), std::to_string(mode), std::to_string(uid), std::to_string(gid)}));
    if (!prepared)
        return fail(std::move(prepared).error());
    return *prepared == kOnDisk;
}

} // namespace drover::filesystem
