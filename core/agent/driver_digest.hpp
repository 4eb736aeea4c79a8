// The SHA-256 that agent.yml pins a driver's file to.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <string_view>

namespace drover {

// Reads the whole file. `wanted`: 64 hexadecimal digits in lower case. invalid: it is another file; the error
// shows both sums and what to do.
Result<void> check_digest(const std::filesystem::path &file, std::string_view wanted);

} // namespace drover
