// Descriptors and whole files, with errors that say which file and why. Everything is opened relative to a
// directory descriptor and without following links. Knows nothing of volumes.
#pragma once

#include "drover/sdk/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace loopback {

// Owns one descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    ~Fd() { reset(); }
    Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd &operator=(Fd &&other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    Fd(const Fd &) = delete;
    Fd &operator=(const Fd &) = delete;

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    void reset() noexcept;

private:
    int fd_ = -1;
};

// Which file it is, as stat and, for the file behind a loop device, LOOP_GET_STATUS64 tell it.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileId &, const FileId &) = default;
};

// Tells a file from one that replaced it. All zero: no file.
struct FileStamp {
    FileId file;
    std::int64_t changed_ns = 0, modified_ns = 0; // since 1970
    std::uint64_t bytes = 0;
    friend bool operator==(const FileStamp &, const FileStamp &) = default;
};

// "<what> <path>: <text of number>", with the code that fits: a full disk is NO_SPACE, storage that fails is
// UNREACHABLE, a size the filesystem cannot hold is INVALID.
[[nodiscard]] drv::Error failure(std::string_view what, std::string_view path, int number);

// Opens `path`, making it (0700) and its parents (0755) when missing. Refuses a directory that others may
// write to.
[[nodiscard]] Fd open_root(const std::string &path);
// Opens the folder `name` in `parent`, making it (0700) when missing.
[[nodiscard]] Fd open_folder(int parent, const std::string &name);
// Opens a regular file. Nothing: it does not exist. What is there but no regular file throws CONFLICT.
[[nodiscard]] std::optional<Fd> open_file(int folder, const std::string &name, int flags);
// The first `max_bytes` and one more of a file, so that the caller can tell one that is too long.
[[nodiscard]] std::string read_start(int fd, const std::string &name, std::size_t max_bytes);
// Puts `text` into `name` so that a crash leaves the old or the new content: writes "<name>.tmp", flushes,
// renames. `after_rename` runs when the new content is in place; the folder is flushed after that, unless a
// power loss may bring back the old content.
enum class Lasting { through_power_loss, through_crash };
void replace_file(int folder, const std::string &name, std::string_view text, Lasting lasting,
                  void (*after_rename)(void *), void *data);
// False: it did not exist.
bool remove_file(int folder, const std::string &name);
// Does another open file description lead to this file, of whatever process, or of the kernel (a loop device
// holds one)? Not every filesystem can tell.
enum class Openers { this_only, others_too, unknown };
[[nodiscard]] Openers openers_of(int fd) noexcept;
void flush(int fd, std::string_view path);
[[nodiscard]] std::vector<std::string> names_in(int folder);
// Device and inode, size and blocks.
[[nodiscard]] struct stat status_of(int fd, std::string_view path);

} // namespace loopback
