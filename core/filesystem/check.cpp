#include "core/filesystem/check.hpp"

#include "core/filesystem/format.hpp"
#include "core/filesystem/superblock.hpp"
#include "loader/base/child_call.hpp"
#include "loader/base/program.hpp"

#include <fmt/format.h>

#include <fcntl.h>

namespace drover::filesystem {
namespace {

// e2fsck's exit code is a set of bits.
constexpr int kRepaired = 1;
constexpr int kRepairedRebootAdvised = 2;

Result<CheckReport> judge(const BlockDevice &device, const Program &program, const ProgramResult &result,
                          int harmless) {
    if ((result.exit_code & ~harmless) == 0)
        return CheckReport{.repaired = result.exit_code != 0, .output = last_lines(result.output)};
    return fail(Code::internal,
                fmt::format("the filesystem on device {} is damaged or cannot be checked ({} ended with "
                            "{}): {}; it was not mounted; check it by hand",
                            describe(device), program.file.filename().string(), result.exit_code,
                            last_lines(result.output)));
}

// Claims the device meanwhile: of a mounted one it would be old news.
Result<bool> ext4_in_order(const BlockDevice &device, Deadline deadline) {
    const auto work = [](std::string_view arguments) -> Result<std::string> {
        const BlockDevice claimed = decode_block_device(split_fields(arguments).at(0));
        auto fd = open_device(claimed, O_RDONLY | O_EXCL);
        if (!fd)
            return fail(std::move(fd).error());
        return is_ext4_in_order(claimed, fd->get()).map([](bool yes) {
            return std::string(yes ? "yes" : "no");
        });
    };
    return call_in_kept_child("reading the superblock of " + describe(device), deadline, work,
                              join_fields({encode(device)}))
        .map([](const std::string &answer) { return answer == "yes"; });
}

} // namespace

Result<CheckReport> check(const BlockDevice &device, std::string_view fstype, CheckMode mode,
                          Deadline deadline) {
    if (!is_supported(fstype)) {
        return fail(Code::unsupported, fmt::format("cannot check a \"{}\" filesystem: Drover knows {}",
                                                   fstype, supported_names()));
    }
    // e2fsck -p would look no further either, and the kernel proves the superblock and the group descriptors
    // again when it mounts.
    if (fstype == "ext4" && mode == CheckMode::preen) {
        auto in_order = ext4_in_order(device, deadline);
        if (!in_order)
            return fail(std::move(in_order).error());
        if (*in_order)
            return CheckReport{};
    }
    // A check of a mounted filesystem would read, and repair, what the kernel is changing.
    auto claimed = claim_once(device, O_RDONLY, deadline);
    if (!claimed)
        return fail(std::move(claimed).error());
    if (fstype == "xfs" && mode == CheckMode::preen)
        return CheckReport{};

    const bool preen = mode == CheckMode::preen;
    Program program;
    if (fstype == "ext4") {
        program = {.file = "/usr/sbin/e2fsck",
                   .arguments = {preen ? "-p" : "-fn", device.path.string()},
                   .package = "e2fsprogs"};
    } else {
        program = {
            .file = "/usr/sbin/xfs_repair", .arguments = {"-n", device.path.string()}, .package = "xfsprogs"};
    }
    auto result = run_program(program, deadline);
    if (!result)
        return fail(std::move(result).error().with_context("checking device " + describe(device)));
    return judge(device, program, *result, preen ? kRepaired | kRepairedRebootAdvised : 0);
}

} // namespace drover::filesystem
