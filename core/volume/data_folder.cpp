#include "core/volume/data_folder.hpp"

#include "loader/base/child_call.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace drover {

namespace {
// Made under another name and renamed when it is as it should be, so that a crash leaves none that is half
// made.
Result<std::string> make_here(const std::filesystem::path &folder, const RootOptions &root) {
    struct stat status {};
    if (::lstat(folder.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return std::string();
        return fail(Code::conflict,
                    fmt::format("{} is not a folder: move it away, or use the volume without a subfolder",
                                folder.string()));
    }
    const auto beginning = folder.parent_path() / fmt::format(".{}.new", root.subfolder);
    if (::mkdir(beginning.c_str(), 0700) != 0 && errno != EEXIST)
        return fail_errno(errno, fmt::format("cannot make the folder {}", beginning.string()));
    if ((root.uid || root.gid) && ::lchown(beginning.c_str(), root.uid.value_or(static_cast<uid_t>(-1)),
                                           root.gid.value_or(static_cast<gid_t>(-1))) != 0) {
        return fail_errno(errno, fmt::format("cannot give {} its owner", folder.string()));
    }
    if (::chmod(beginning.c_str(), root.mode.value_or(kDefaultRootMode)) != 0)
        return fail_errno(errno, fmt::format("cannot set the mode of {}", folder.string()));
    if (::rename(beginning.c_str(), folder.c_str()) != 0)
        return fail_errno(errno, fmt::format("cannot make the folder {}", folder.string()));
    return std::string();
}
} // namespace

Result<void> make_data_folder(const std::filesystem::path &target, const RootOptions &root,
                              Deadline deadline) {
    if (root.subfolder.empty())
        return {};
    const auto folder = target / root.subfolder;
    auto made = call_in_child(fmt::format("making the folder {}", folder.string()), deadline,
                              [&] { return make_here(folder, root); });
    if (!made)
        return fail(std::move(made).error());
    return {};
}

} // namespace drover
