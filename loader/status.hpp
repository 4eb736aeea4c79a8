// The one table between the ABI's codes and the host's: what a driver returned, as a Code, and back.
#pragma once

#include "drover/abi/types.h"
#include "loader/base/error.hpp"

#include <string_view>

namespace drover {

// A status the host does not know, and DRV_OK and DRV_E_STOPPED, which are no errors, read as internal.
Code code_of(drv_status status) noexcept;
drv_status status_of(Code code) noexcept;
// What the code means, for a failure that came without words: "there is no such object".
std::string_view general_text(Code code) noexcept;

} // namespace drover
