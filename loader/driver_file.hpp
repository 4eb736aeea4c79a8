// What can be read from a driver's file while none of its code runs: for `drover driver inspect`. Does not
// judge: driver_exports.hpp does.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drover {

struct DriverFile {
    std::vector<std::string> exports; // sorted, the toolchain's own names included; fit to be shown
    // Ids of this ABI's extensions that stand in the file as texts, in a fixed order. A driver that offers an
    // extension compares ids with its name, so that this is what it most likely can offer. No promise either
    // way: a compiler may have turned the text into instructions, and only an open backend, whose array may
    // lack a licence, tells for certain (Driver::extensions).
    std::vector<std::string> named_extensions;
};

// Refused as read_exports refuses. Reads the whole file, a piece at a time.
Result<DriverFile> read_driver_file(const std::filesystem::path &file);

} // namespace drover
