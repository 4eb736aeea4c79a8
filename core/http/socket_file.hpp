// The file of a listening unix socket: made with exactly its mode, never beside a live one, and taken away
// again only by the one who made it.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <filesystem>
#include <sys/stat.h>
#include <utility>

namespace drover::http {

class SocketFile {
public:
    // Makes the folder (0755, with those above it) and the file, and listens. See Server::start.
    static Result<SocketFile> listen(const std::filesystem::path &file, unsigned mode);

    SocketFile(SocketFile &&other) noexcept
        : file_(std::move(other.file_)), listener_(std::move(other.listener_)), device_(other.device_),
          inode_(std::exchange(other.inode_, 0)) {}
    SocketFile &operator=(SocketFile &&) = delete;
    SocketFile(const SocketFile &) = delete;
    SocketFile &operator=(const SocketFile &) = delete;
    ~SocketFile() { unlink(); }

    // The listening socket; once.
    [[nodiscard]] UniqueFd take_listener() noexcept { return std::move(listener_); }
    // Unless another file has the name by now.
    void unlink() noexcept;

private:
    SocketFile(std::filesystem::path file, UniqueFd listener, const struct stat &made);

    std::filesystem::path file_;
    UniqueFd listener_;
    dev_t device_ = 0;
    ino_t inode_ = 0; // 0: there is nothing to unlink
};

// A connected socket, or why not: not_found (no such file), unreachable (nobody listens), or another errno.
Result<UniqueFd> connect_to_socket(const std::filesystem::path &file);

} // namespace drover::http
