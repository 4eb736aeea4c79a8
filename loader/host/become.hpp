// Giving up root for good.
#pragma once

#include "loader/base/error.hpp"

#include <string_view>

namespace drover::host {

// "UID:GID:GROUP,...", numbers. From then on the process has that user's rights and no capability; it still
// ends with the agent. Before any thread is started.
Result<void> become(std::string_view account);

} // namespace drover::host
