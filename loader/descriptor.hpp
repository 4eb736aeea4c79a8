// Checks what a driver's entry returned, before anything in it is used: one sentence for each refusal, with
// the file, the field, what was found and what was wanted.
#pragma once

#include "drover/abi/driver.h"
#include "loader/base/error.hpp"
#include "loader/driver.hpp"

#include <filesystem>
#include <string_view>

namespace drover {

// ^[a-z][a-z0-9_-]{0,62}$: backends, drivers and configuration keys.
bool is_driver_name(std::string_view name) noexcept;

// After success every mandatory slot of the descriptor and its ops may be called, and the description holds
// checked copies of its texts.
Result<DriverDescription> check_descriptor(const drv_driver_v1 *driver, const std::filesystem::path &file);

} // namespace drover
