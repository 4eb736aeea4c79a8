// What a shared object exports, read from the file before any of its code runs. Boost.DLL's library_info does
// the same for good files, but believes every offset and size in the header; driver files may be truncated,
// damaged or no libraries at all, so this reader checks each against the file's size. It does not judge
// names.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drover {

struct ExportedSymbol {
    std::string name;
    bool is_function = false;
    bool operator==(const ExportedSymbol &) const = default;
};

// Defined, dynamic, visible to others. Refused, each with its own sentence: not a regular file, not ELF, not
// a shared object, another architecture, truncated or damaged (also when a loaded segment reaches past the
// end of the file, which dlopen would not notice until the first access).
Result<std::vector<ExportedSymbol>> read_exports(const std::filesystem::path &file);

} // namespace drover
