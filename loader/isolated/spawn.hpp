// Starts drover-driver-host with nothing but what it needs: the control socket as descriptor 3, a pipe for
// what it prints, an empty input, a closed environment, no blocked or ignored signals, a session of its own.
// One that is to run as another user gets the folder of its store as descriptor 4.
#pragma once

#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"
#include "loader/isolated.hpp"

#include <filesystem>
#include <sys/types.h>

namespace drover {

struct SpawnedProcess {
    pid_t pid = -1;
    UniqueFd process; // pidfd
    UniqueFd control;
    UniqueFd output; // what it prints, stdout and stderr; non-blocking
};

// The process is told to die with the calling thread, which must therefore live as long as it is wanted.
Result<SpawnedProcess> spawn_driver_host(const std::filesystem::path &program,
                                         const std::filesystem::path &driver,
                                         const std::optional<RunAs> &run_as);

// The folder of the store in the process that run_as.store_folder was opened for. The descriptor is a link,
// which the store does not follow at the end of a path.
inline constexpr const char *kStoreInChild = "/proc/self/fd/4/.";

} // namespace drover
