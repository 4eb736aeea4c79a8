// A new driver's folder, copied from the SDK's templates. A template is a folder of files; in their texts
// @NAME@ stands for the driver's name, @SDK_VERSION@ for the version of the SDK and @YEAR@ for the year, and
// a file called dot-x becomes .x.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover::cli {

struct DriverProject {
    std::string name;
    std::string language; // of a template: c, cpp
    std::filesystem::path folder;
    int year = 0; // of its copyright
};

// Why a driver of a project cannot be called so, as a sentence; nothing: it can.
std::optional<std::string> problem_with_driver_name(std::string_view name);

// The prefix below which this program is installed (or was built): the folder above its own.
std::filesystem::path program_prefix();

// Makes the folder, with the folders above it where they are missing, and writes the files; tells their
// names, sorted. A folder that exists must be empty (CONFLICT). After a failure nothing of it is left.
// NOT_FOUND: there are no templates below this prefix.
Result<std::vector<std::string>> make_driver_project(const std::filesystem::path &prefix,
                                                     const DriverProject &project);

} // namespace drover::cli
