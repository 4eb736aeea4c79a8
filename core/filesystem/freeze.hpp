// Holds a mounted filesystem still while its volume is snapshotted. A frozen filesystem blocks every writer,
// so a freeze must end whatever happens: a watchdog process of its own thaws at the deadline, also when the
// holder is stuck, and at once when the holder dies. Only a kill of both leaves it frozen; for that there is
// thaw_leftover at start.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"

#include <filesystem>
#include <sys/types.h>

namespace drover::filesystem {

class Freeze {
public:
    // Writes everything out and freezes. The deadline must end (else Code::invalid): it is when the watchdog
    // thaws. Code::conflict: frozen already, by somebody else.
    static Result<Freeze> hold(const std::filesystem::path &target, Deadline deadline);
    Freeze(Freeze &&other) noexcept;
    Freeze &operator=(Freeze &&other) noexcept;
    Freeze(const Freeze &) = delete;
    Freeze &operator=(const Freeze &) = delete;
    ~Freeze(); // thaws

    // Thaws. Success: it was frozen from hold until now. Code::deadline: the watchdog had to thaw before;
    // Code::conflict: somebody else did. After both errors it is thawed, and what was snapshotted meanwhile
    // is not consistent.
    Result<void> release();

private:
    Freeze(std::filesystem::path target, pid_t watchdog, UniqueFd channel) noexcept;

    std::filesystem::path target_;
    pid_t watchdog_ = -1;
    UniqueFd channel_;
};

// Thaws what a crash left frozen. True: it was frozen.
Result<bool> thaw_leftover(const std::filesystem::path &target, Deadline deadline);

} // namespace drover::filesystem
