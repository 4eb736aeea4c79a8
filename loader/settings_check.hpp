// The configuration was checked with file and line where it was read. This is the second net: a driver must
// never see a key it did not declare, nor a secret in the open.
#pragma once

#include "loader/base/error.hpp"
#include "loader/driver.hpp"
#include "loader/host.hpp"

#include <string_view>

namespace drover {

Result<void> check_settings(const DriverDescription &driver, std::string_view backend,
                            const BackendSettings &settings);

} // namespace drover
