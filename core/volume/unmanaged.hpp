// From a driver's row of something that Drover does not manage to what people see. Private to this folder.
#pragma once

#include "core/volume/views.hpp"
#include "loader/driver.hpp"

namespace drover {

// unsupported: the driver has no such thing.
Result<void> check_manages(const Driver &driver);
UnmanagedView unmanaged_view(const std::string &backend, BackendVolume &&row);

} // namespace drover
