// The driver under test: its file loaded into this process, or running in a process of its own behind the
// table that the agent's side of the wire fills. A case cannot tell which, unless it asks.
#pragma once

#include "loader/base/error.hpp"
#include "loader/isolated.hpp"
#include "loader/library.hpp"

#include <filesystem>
#include <memory>
#include <sys/types.h>

namespace drover::conformance {

// Constant, so any thread may use it.
class TestedDriver {
public:
    // `file` must be absolute and without symlinks.
    static Result<std::shared_ptr<TestedDriver>> load(const std::filesystem::path &file, bool is_isolated);

    // The table that calls go through. In a process of its own: ours, whose slots `open`, `name` and the like
    // are no driver's; see open() and description().
    [[nodiscard]] const drv_driver_v1 &table() const noexcept;
    [[nodiscard]] const drv_ops_v1 &ops() const noexcept { return *table().ops; }
    [[nodiscard]] const DriverDescription &description() const noexcept;

    // As drv_driver_v1.open. What it gave is closed by the table's close. The folder is that of drv.store/1
    // for a driver in a process of its own; another one has it from its host.
    drv_status open(const drv_host_v1 *host, const drv_call *call, const std::filesystem::path &store_folder,
                    drv_instance **out) const;
    // Where that instance's driver runs; 0: in this process.
    [[nodiscard]] pid_t process_of(drv_instance *instance) const;

private:
    std::shared_ptr<DriverLibrary> library_;    // in this process
    std::shared_ptr<IsolatedLibrary> isolated_; // or in another one
};

} // namespace drover::conformance
