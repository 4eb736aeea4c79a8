#include "core/filesystem/grow.hpp"

#include "core/filesystem/check.hpp"
#include "core/filesystem/format.hpp"
#include "core/filesystem/mount_table.hpp"
#include "core/filesystem/proc.hpp"
#include "core/filesystem/superblock.hpp"
#include "loader/base/child_call.hpp"
#include "loader/base/program.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fcntl.h>
#include <linux/capability.h>

namespace drover::filesystem {
namespace {

Result<Layout> layout_of(const BlockDevice &device, std::string_view fstype, Deadline deadline) {
    if (!is_supported(fstype)) {
        return fail(Code::unsupported, fmt::format("cannot grow a \"{}\" filesystem: Drover grows {}", fstype,
                                                   supported_names()));
    }
    auto answer = call_in_child(
        "reading the superblock of " + describe(device), deadline, [&]() -> Result<std::string> {
            auto fd = open_device(device, O_RDONLY);
            if (!fd)
                return fail(std::move(fd).error());
            return read_layout(device, fd->get(), fstype).map([](const Layout &layout) {
                return fmt::format("{}{}", layout.can_grow ? '+' : '=', layout.filesystem_bytes);
            });
        });
    if (!answer)
        return fail(std::move(answer).error());
    if (answer->empty())
        return fail(Code::internal, "the helper's answer about a superblock does not read");
    return Layout{.filesystem_bytes = std::strtoull(answer->c_str() + 1, nullptr, 10),
                  .can_grow = answer->front() == '+'};
}

// The kernel asks for this right before it grows a mounted ext4.
bool may_grow_mounted_ext4() {
    auto status = read_proc("/proc/thread-self/status");
    const auto at = status ? status->find("CapEff:\t") : std::string::npos;
    if (at == std::string::npos)
        return true; // let the tool find out
    return (std::strtoull(status->c_str() + at + 8, nullptr, 16) >> CAP_SYS_RESOURCE & 1U) != 0;
}

tl::unexpected<Error> not_while_mounted(const BlockDevice &device, std::string_view why) {
    return fail(Code::unsupported,
                fmt::format("the ext4 on device {} cannot grow while it is mounted, {}: unmount it "
                            "first; it will grow at the next mount",
                            describe(device), why));
}

Result<void> run_tool(const BlockDevice &device, const Program &program, Deadline deadline) {
    auto result = run_program(program, deadline);
    if (!result) {
        return fail(
            std::move(result).error().with_context("growing the filesystem on device " + describe(device)));
    }
    if (result->exit_code == 0)
        return {};
    if (result->output.find("Permission denied to resize") != std::string::npos)
        return not_while_mounted(device, "this process may not do that");
    return fail(Code::internal,
                fmt::format("growing the filesystem on device {}: {} ended with {}: {}", describe(device),
                            program.file.filename().string(), result->exit_code, last_lines(result->output)));
}

Result<GrowReport> grow_ext4(const BlockDevice &device, bool mounted, Deadline deadline) {
    auto before = layout_of(device, "ext4", deadline);
    if (!before)
        return fail(std::move(before).error());
    if (!before->can_grow)
        return GrowReport{before->filesystem_bytes, before->filesystem_bytes};
    if (mounted && !may_grow_mounted_ext4())
        return not_while_mounted(device, "since the agent lacks CAP_SYS_RESOURCE");
    if (!mounted) {
        // resize2fs works only on what was checked just now.
        const Program check{
            .file = "/usr/sbin/e2fsck", .arguments = {"-fp", device.path.string()}, .package = "e2fsprogs"};
        auto checked = run_program(check, deadline);
        if (!checked)
            return fail(std::move(checked).error().with_context("checking device " + describe(device)));
        if (checked->exit_code > 3) {
            return fail(Code::internal,
                        fmt::format("the filesystem on device {} must be repaired by hand before it can "
                                    "grow (e2fsck ended with {}): {}",
                                    describe(device), checked->exit_code, last_lines(checked->output)));
        }
    }
    const Program resize{
        .file = "/usr/sbin/resize2fs", .arguments = {device.path.string()}, .package = "e2fsprogs"};
    if (auto resized = run_tool(device, resize, deadline); !resized)
        return fail(std::move(resized).error());
    auto after = layout_of(device, "ext4", deadline);
    if (!after)
        return fail(std::move(after).error());
    return GrowReport{before->filesystem_bytes, after->filesystem_bytes};
}

Result<GrowReport> grow_mounted_xfs(const BlockDevice &device, const std::filesystem::path &target,
                                    Deadline deadline) {
    auto before = usage(target, deadline);
    if (!before)
        return fail(std::move(before).error());
    const Program resize{
        .file = "/usr/sbin/xfs_growfs", .arguments = {"-d", target.string()}, .package = "xfsprogs"};
    if (auto resized = run_tool(device, resize, deadline); !resized)
        return fail(std::move(resized).error());
    auto after = usage(target, deadline);
    if (!after)
        return fail(std::move(after).error());
    return GrowReport{before->total_bytes, after->total_bytes};
}

} // namespace

Result<bool> can_grow(const BlockDevice &device, std::string_view fstype, Deadline deadline) {
    return layout_of(device, fstype, deadline).map([](const Layout &layout) { return layout.can_grow; });
}

Result<GrowReport> grow(const BlockDevice &device,
                        const std::optional<std::filesystem::path> &mounted_at_path, std::string_view fstype,
                        Deadline deadline) {
    if (mounted_at_path) {
        auto entry = mounted_at(*mounted_at_path);
        if (!entry)
            return fail(std::move(entry).error());
        if (!*entry || (*entry)->major != device.major || (*entry)->minor != device.minor) {
            return fail(Code::conflict,
                        fmt::format("device {} is not mounted at {}: its filesystem was not grown",
                                    describe(device), mounted_at_path->string()));
        }
    }
    if (fstype != "xfs")
        return grow_ext4(device, mounted_at_path.has_value(), deadline);
    if (!mounted_at_path) {
        return fail(Code::unsupported,
                    fmt::format("the xfs on device {} can grow only while it is mounted: mount it first",
                                describe(device)));
    }
    return grow_mounted_xfs(device, *mounted_at_path, deadline);
}

} // namespace drover::filesystem
