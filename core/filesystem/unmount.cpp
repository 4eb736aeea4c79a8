#include "core/filesystem/holders.hpp"
#include "core/filesystem/mount.hpp"
#include "core/filesystem/mount_point.hpp"
#include "core/filesystem/mount_table.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <poll.h>
#include <sys/mount.h>
#include <sys/syscall.h>

namespace drover::filesystem {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAgain = 200ms; // holders that no descriptor tells of, such as mounts below

// In a child.
Result<std::string> unmount_here(std::string_view arguments) {
    const std::string target = split_fields(arguments).at(0);
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT)
        return std::string("done"); // the last two: somebody else was quicker; the table is read again
    if (errno == EBUSY)
        return std::string("busy");
    return fail_errno(errno, fmt::format("unmounting {}", target));
}

// True: unmounted. False: busy.
Result<bool> try_unmount(const std::filesystem::path &target, Deadline deadline) {
    auto answer = call_in_kept_child(fmt::format("unmounting {}", target.string()), deadline, &unmount_here,
                                     join_fields({target.native()}));
    return answer.map([](const std::string &text) { return text == "done"; });
}

// Until a holder ends, or a moment later.
void wait_for_change(const std::vector<Holder> &holders, Deadline deadline) {
    constexpr std::size_t kMost = 64;
    std::vector<UniqueFd> processes;
    std::vector<pollfd> waits;
    for (const Holder &holder : holders) {
        UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, holder.pid, 0)));
        if (!fd || waits.size() == kMost)
            continue;
        waits.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
        processes.push_back(std::move(fd));
    }
    const auto until = Deadline::after(kLookAgain).earlier(deadline);
    (void)::poll(waits.data(), waits.size(), until.poll_timeout_ms());
}

std::string mounts_below(const std::filesystem::path &target) {
    auto table = mount_table();
    std::string text;
    if (!table)
        return text;
    for (const auto &entry : *table) {
        if (entry.target.starts_with(target.native() + "/"))
            text += fmt::format("{}the mount {}", text.empty() ? "" : ", ", entry.target);
    }
    return text;
}

tl::unexpected<Error> busy(const std::filesystem::path &target, const std::vector<Holder> &holders) {
    std::string who = describe(holders);
    if (const std::string below = mounts_below(target); !below.empty())
        who += (who.empty() ? "" : ", ") + below;
    if (who.empty())
        who = "the kernel itself (a loop device or swap file on it, or an NFS export)";
    return fail_retryable(Code::conflict,
                          fmt::format("{} is still in use by {}: end that first", target.string(), who));
}

} // namespace

Result<void> unmount(const std::filesystem::path &target, unsigned major, unsigned minor, Deadline deadline) {
    auto point = resolve_mount_point(target);
    if (!point)
        return fail(std::move(point).error());
    for (;;) {
        auto there = mounted_at(*point);
        if (!there)
            return fail(std::move(there).error());
        if (!*there)
            break;
        if ((*there)->major != major || (*there)->minor != minor) {
            return fail(Code::conflict,
                        fmt::format("{} has {} ({}:{}) mounted and not device {}:{}: it is left alone",
                                    point->string(), (*there)->source, (*there)->major, (*there)->minor,
                                    major, minor));
        }
        auto unmounted = try_unmount(*point, deadline);
        if (!unmounted)
            return fail(std::move(unmounted).error());
        if (*unmounted)
            continue; // there may have been two, one on the other
        auto holders = holders_of(major, minor);
        // An open device keeps no mount busy.
        std::erase_if(holders, [](const Holder &holder) { return holder.how == "open device"; });
        wait_for_change(holders, deadline);
        if (deadline.has_passed())
            return busy(*point, holders);
    }
    // Removing a folder that another mount namespace has something mounted on would unmount that lazily, and
    // nobody could see any more what holds the device. So it stays, for the next mount.
    auto elsewhere = mount_namespaces_using(major, minor);
    if (elsewhere && elsewhere->empty())
        remove_mount_point(*point);
    return {};
}

} // namespace drover::filesystem
