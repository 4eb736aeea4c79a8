#include "core/filesystem/check.hpp"

#include "core/filesystem/format.hpp"
#include "core/filesystem/program.hpp"

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

} // namespace

Result<CheckReport> check(const BlockDevice &device, std::string_view fstype, CheckMode mode,
                          Deadline deadline) {
    if (!is_supported(fstype)) {
        return fail(Code::unsupported, fmt::format("cannot check a \"{}\" filesystem: Drover knows {}",
                                                   fstype, supported_names()));
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
