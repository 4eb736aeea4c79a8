#include "loader/isolated/owned_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace drover {
namespace {

struct CloseFolder {
    void operator()(DIR *folder) const noexcept { ::closedir(folder); }
};

// 0, or an errno value.
int give_files(int folder, const Account &account) {
    const int again = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseFolder> entries(again < 0 ? nullptr : ::fdopendir(again));
    if (!entries)
        return errno;
    errno = 0;
    while (const dirent *entry = ::readdir(entries.get())) {
        // By descriptor: the one who owned the folder until now could put another file in its place. A file
        // with a second name may be somebody else's.
        const UniqueFd file(::openat(folder, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat found {};
        if (file && ::fstat(file.get(), &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 1 &&
            found.st_uid != account.uid &&
            ::fchownat(file.get(), "", account.uid, account.gid, AT_EMPTY_PATH) != 0)
            return errno;
        errno = 0;
    }
    return errno;
}

} // namespace

Result<UniqueFd> open_owned_folder(const std::filesystem::path &folder, const Account &account) {
    const auto cannot = [&](int error) {
        return fail_errno(error, fmt::format("{}, which is to be {}'s", folder.native(), account.name));
    };
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (error)
        return cannot(error.value());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return cannot(errno);
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || ::fchown(fd.get(), account.uid, account.gid) != 0)
        return cannot(errno);
    if (const int failed = give_files(fd.get(), account); failed != 0)
        return cannot(failed);
    return fd;
}

} // namespace drover
