// One process per state: a lock file that is held by flock for as long as this object lives and says who
// holds it. The kernel drops the lock when the process ends, however it ends; the file stays.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <filesystem>

namespace drover::store {

class StateLock {
public:
    // Makes the folder of `file` if need be (0700, parents too) and refuses one that others may write to.
    // Locks "<file>.lock"; CONFLICT, naming the holder, when a living process has it. One that was killed may
    // leave it for an instant to children that it had just forked: up to ten seconds are waited for those.
    static Result<StateLock> take(const std::filesystem::path &file);

private:
    explicit StateLock(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

} // namespace drover::store
