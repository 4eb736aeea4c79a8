// Does a file export what a driver must, and nothing else? Read from the file: none of its code runs.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>

namespace drover {

// One sentence for each refusal; names in it are fit to be shown.
Result<void> check_driver_exports(const std::filesystem::path &file);

} // namespace drover
