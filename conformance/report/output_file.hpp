// A report's file. It is there complete or not at all: written beside its place under another name, made
// durable and renamed. Whether that will work is asked before the run, which may take hours.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <string_view>

namespace drover::conformance {

// Nothing of the attempt stays, and what the file holds now is not touched.
Result<void> check_writable(const std::filesystem::path &file);

// Takes the place of what was there. A symlink stays one, and what it leads to is replaced; what is no
// regular file (a pipe, /dev/stdout) is written to as it is.
Result<void> write_file(const std::filesystem::path &file, std::string_view text);

} // namespace drover::conformance
