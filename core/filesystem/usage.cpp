#include "core/filesystem/grow.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <sstream>
#include <sys/statvfs.h>

namespace drover::filesystem {

Result<Usage> usage(const std::filesystem::path &target, Deadline deadline) {
    const auto work = [](std::string_view arguments) -> Result<std::string> {
        const std::string path = split_fields(arguments).at(0);
        struct statvfs info {};
        if (::statvfs(path.c_str(), &info) != 0)
            return fail_errno(errno, fmt::format("asking {} for its usage", path));
        return fmt::format("{} {} {} {} {}", info.f_blocks * info.f_frsize,
                           (info.f_blocks - info.f_bfree) * info.f_frsize, info.f_bavail * info.f_frsize,
                           info.f_files, info.f_files - info.f_ffree);
    };
    auto answer = call_in_kept_child(fmt::format("asking {} for its usage", target.string()), deadline, work,
                                     join_fields({target.native()}));
    if (!answer)
        return fail(std::move(answer).error());
    std::istringstream in(*answer);
    Usage usage;
    if (!(in >> usage.total_bytes >> usage.used_bytes >> usage.available_bytes >> usage.total_inodes >>
          usage.used_inodes)) {
        return fail(Code::internal,
                    fmt::format("the helper's answer about {} does not read", target.string()));
    }
    return usage;
}

} // namespace drover::filesystem
