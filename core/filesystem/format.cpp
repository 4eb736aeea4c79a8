// Both tools claim the device exclusively themselves, so our own claim must end right before they start: what
// is checked is checked as late as it can be.
#include "core/filesystem/format.hpp"

#include "loader/base/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>

namespace drover::filesystem {
namespace {

constexpr std::uint64_t kLeastXfsBytes = 300ULL * 1024 * 1024; // mkfs.xfs makes none smaller

bool is_uuid(std::string_view text) {
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        if (is_dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

Result<void> check_request(const BlockDevice &device, const FormatRequest &request) {
    if (!is_supported(request.fstype)) {
        return fail(Code::unsupported, fmt::format("cannot make a \"{}\" filesystem on {}: Drover makes {}",
                                                   request.fstype, describe(device), supported_names()));
    }
    if (!is_uuid(request.uuid))
        return fail(Code::invalid, fmt::format("\"{}\" is no UUID for a filesystem", request.uuid));
    const std::size_t longest = request.fstype == "xfs" ? 12 : 16;
    if (request.label.size() > longest ||
        request.label.find_first_of(std::string_view("\n\0", 2)) != std::string::npos) {
        return fail(Code::invalid,
                    fmt::format("the label \"{}\" does not fit {}: at most {} bytes on one line",
                                request.label, request.fstype, longest));
    }
    return {};
}

Program mkfs_program(const BlockDevice &device, const FormatRequest &request) {
    Program program;
    auto &words = program.arguments;
    if (request.fstype == "ext4") {
        program.file = "/usr/sbin/mkfs.ext4";
        program.package = "e2fsprogs";
        // No discard: minutes on a large LUN, and there is nothing on it. No blocks reserved for root: the
        // volume is one application's. What is left to write, the kernel writes after the mount; on zeroed
        // storage nothing is.
        words = {"-q",
                 "-U",
                 request.uuid,
                 "-m",
                 "0",
                 "-E",
                 request.zeroed ? "nodiscard,lazy_itable_init=1,assume_storage_prezeroed=1"
                                : "nodiscard,lazy_itable_init=1"};
        if (!request.label.empty())
            words.insert(words.end(), {"-L", request.label});
    } else {
        program.file = "/usr/sbin/mkfs.xfs";
        program.package = "xfsprogs";
        words = {"-q", "-K", "-m", "uuid=" + request.uuid};
        if (!request.label.empty())
            words.insert(words.end(), {"-L", request.label});
    }
    words.insert(words.end(), request.extra.begin(), request.extra.end());
    words.push_back(device.path.string());
    return program;
}

} // namespace

bool is_supported(std::string_view fstype) noexcept {
    return fstype == "ext4" || fstype == "xfs";
}

std::string_view supported_names() noexcept {
    return "ext4 and xfs";
}

Result<Probe> format(const BlockDevice &device, const FormatRequest &request, Deadline deadline) {
    if (auto good = check_request(device, request); !good)
        return fail(std::move(good).error());
    auto size = claim_once(device, O_RDWR, deadline);
    if (!size)
        return fail(std::move(size).error());
    if (request.fstype == "xfs" && *size < kLeastXfsBytes) {
        return fail(Code::invalid,
                    fmt::format("device {} has {} bytes: xfs needs at least 300 MiB; use ext4 or a larger "
                                "volume",
                                describe(device), *size));
    }

    const Program program = mkfs_program(device, request);
    auto made = run_program(program, deadline);
    if (!made)
        return fail(std::move(made).error().with_context("formatting device " + describe(device)));
    if (made->exit_code != 0) {
        return fail(Error{.code = Code::internal,
                          .message = fmt::format("formatting device {}: {} ended with {}: {}",
                                                 describe(device), program.file.filename().string(),
                                                 made->exit_code, last_lines(made->output)),
                          .state_unknown = true});
    }
    // Success is what can be read back, not what a tool says.
    auto result = probe(device, deadline);
    if (!result) {
        Error error = std::move(result).error();
        error.state_unknown = true;
        return fail(std::move(error).with_context("after formatting"));
    }
    if (result->kind != request.fstype || result->uuid != request.uuid) {
        return fail(Error{.code = Code::internal,
                          .message = fmt::format(
                              "after formatting device {} shows \"{}\" with UUID {} instead of {} with "
                              "{}",
                              describe(device), result->kind, result->uuid, request.fstype, request.uuid),
                          .state_unknown = true});
    }
    return result;
}

} // namespace drover::filesystem
