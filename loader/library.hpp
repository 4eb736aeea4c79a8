// One driver file in this process: what it exports is read before any of its code runs, then it is loaded,
// and its descriptor is checked. Who may own the file and its folders is the catalog's business.
#pragma once

#include "drover/abi/driver.h"
#include "loader/base/error.hpp"
#include "loader/driver.hpp"

#include <filesystem>
#include <memory>

namespace drover {

// Loaded once per file and never unloaded: a C++ library cannot be unloaded reliably (GNU_UNIQUE symbols and
// thread_local destructors pin it). Constant, so any thread may use it.
class DriverLibrary {
public:
    // `file` must be absolute and without symlinks. The same file again gives the same object. A file that
    // was replaced since it was loaded is refused: the dynamic linker would go on using the old one.
    static Result<std::shared_ptr<DriverLibrary>> load(const std::filesystem::path &file);

    // For a table that came from no file of this process: of a driver that runs in another one.
    // `descriptor` must outlive the library.
    static std::shared_ptr<DriverLibrary> of_table(const drv_driver_v1 &descriptor,
                                                   DriverDescription description);

    DriverLibrary(const DriverLibrary &) = delete;
    DriverLibrary &operator=(const DriverLibrary &) = delete;

    // Checked (see descriptor.hpp): every mandatory slot may be called.
    [[nodiscard]] const drv_driver_v1 &descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] const DriverDescription &description() const noexcept { return description_; }

private:
    DriverLibrary(const drv_driver_v1 &descriptor, DriverDescription description)
        : descriptor_(descriptor), description_(std::move(description)) {}

    const drv_driver_v1 &descriptor_;
    DriverDescription description_;
};

} // namespace drover
