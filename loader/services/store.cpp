#include "loader/services/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace drover {
namespace {

namespace fs = std::filesystem;

// No key begins with a dot.
constexpr const char *kLockFile = ".lock";
constexpr const char *kNewFile = ".new";

tl::unexpected<Error> no_key(std::string_view text) {
    return fail(Code::invalid, fmt::format("the store takes no key of {} bytes that is not "
                                           "^[a-z0-9][a-z0-9._-]{{0,127}}$",
                                           text.size()));
}

// The disk's errors are the host's business: a caller is only told of a full one.
tl::unexpected<Error> disk_error(int error_number, std::string_view what) {
    auto failed = fail_errno(error_number, what);
    if (failed.value().code != Code::no_space)
        failed.value().code = Code::internal;
    failed.value().retryable = false;
    return failed;
}

int open_again(const fs::path &file, int flags) {
    int fd = -1;
    do {
        fd = ::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

} // namespace

bool DriverStore::is_key(std::string_view text) noexcept {
    const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= kMaxKeyBytes && is_word(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_word(c) || c == '.' || c == '_' || c == '-'; });
}

Result<std::string> DriverStore::get(std::string_view key) const {
    if (!is_key(key))
        return no_key(key);
    const fs::path file = folder_ / key;
    const UniqueFd fd(open_again(file, O_RDONLY));
    if (!fd && errno == ENOENT)
        return fail(Code::not_found, fmt::format("{} is not there", file.native()));
    if (!fd)
        return disk_error(errno, fmt::format("{} cannot be read", file.native()));
    std::string value(kMaxValueBytes + 1, '\0');
    std::size_t size = 0;
    while (size < value.size()) {
        const ssize_t count = ::read(fd.get(), value.data() + size, value.size() - size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return disk_error(errno, fmt::format("{} cannot be read", file.native()));
        if (count == 0)
            break;
        size += static_cast<std::size_t>(count);
    }
    if (size > kMaxValueBytes) {
        return fail(Code::internal, fmt::format("{} is larger than any value the store wrote ({} bytes); "
                                                "remove it",
                                                file.native(), kMaxValueBytes));
    }
    value.resize(size);
    return value;
}

Result<void> DriverStore::put(std::string_view key, std::string_view value) const {
    if (!is_key(key))
        return no_key(key);
    if (value.size() > kMaxValueBytes) {
        return fail(Code::invalid, fmt::format("a value of {} bytes is too long for the store (at most {})",
                                               value.size(), kMaxValueBytes));
    }
    const auto held = lock();
    if (!held)
        return fail(held.error());
    if (auto room = make_room(std::string(key)); !room)
        return room;
    const fs::path written = folder_ / kNewFile;
    const UniqueFd fd(open_again(written, O_WRONLY | O_CREAT | O_TRUNC));
    if (!fd || !write_all(fd.get(), value) || ::fsync(fd.get()) != 0) {
        const int error = errno;
        ::unlink(written.c_str()); // a full disk gets its space back
        return disk_error(error, fmt::format("{} cannot be written", written.native()));
    }
    const fs::path file = folder_ / key;
    if (::rename(written.c_str(), file.c_str()) != 0)
        return disk_error(errno, fmt::format("{} cannot be put in place", file.native()));
    return sync_folder();
}

Result<void> DriverStore::erase(std::string_view key) const {
    if (!is_key(key))
        return no_key(key);
    const fs::path file = folder_ / key;
    if (::unlink(file.c_str()) == 0)
        return sync_folder();
    return errno == ENOENT ? Result<void>()
                           : disk_error(errno, fmt::format("{} cannot be removed", file.native()));
}

Result<std::vector<std::string>> DriverStore::keys(std::string_view prefix) const {
    std::vector<std::string> found;
    std::error_code error;
    fs::directory_iterator at(folder_, error);
    if (error == std::errc::no_such_file_or_directory)
        return found;
    for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
        std::string name = at->path().filename().string();
        if (is_key(name) && name.starts_with(prefix))
            found.push_back(std::move(name));
    }
    if (error)
        return disk_error(error.value(), fmt::format("{} cannot be listed", folder_.native()));
    std::sort(found.begin(), found.end());
    return found;
}

// Held by the descriptor: whoever dies lets go of it.
Result<UniqueFd> DriverStore::lock() const {
    const fs::path file = folder_ / kLockFile;
    UniqueFd fd(open_again(file, O_RDWR | O_CREAT));
    if (!fd && errno == ENOENT) {
        std::error_code error;
        fs::create_directories(folder_.parent_path(), error);
        if (error) {
            return disk_error(error.value(),
                              fmt::format("{} cannot be made", folder_.parent_path().native()));
        }
        if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
            return disk_error(errno, fmt::format("{} cannot be made", folder_.native()));
        fd.reset(open_again(file, O_RDWR | O_CREAT));
    }
    if (!fd)
        return disk_error(errno, fmt::format("{} cannot be opened", file.native()));
    while (::flock(fd.get(), LOCK_EX) != 0) {
        if (errno != EINTR)
            return disk_error(errno, fmt::format("{} cannot be locked", file.native()));
    }
    return fd;
}

Result<void> DriverStore::make_room(const std::string &key) const {
    std::error_code error;
    if (fs::exists(folder_ / key, error))
        return {};
    const auto all = keys("");
    if (!all)
        return fail(all.error());
    if (all->size() >= kMaxKeys) {
        return fail(Code::no_space,
                    fmt::format("{} has {} keys, and may have no more", folder_.native(), all->size()));
    }
    return {};
}

Result<void> DriverStore::sync_folder() const {
    const UniqueFd fd(open_again(folder_, O_RDONLY | O_DIRECTORY));
    if (fd && ::fsync(fd.get()) == 0)
        return {};
    auto failed =
        disk_error(errno, fmt::format("{} cannot be made durable, it may be lost", folder_.native()));
    failed.value().state_unknown = true;
    return failed;
}

} // namespace drover
