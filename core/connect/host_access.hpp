// The node as connectors touch it: its sysfs and its programs. A test puts a folder in the place of `/` and
// records what would be run; everything else is the same code.
#pragma once

#include "loader/base/program.hpp"

#include <filesystem>
#include <functional>
#include <string_view>

namespace drover::connect {

struct HostAccess {
    std::filesystem::path root = "/";
    std::function<Result<ProgramResult>(const Program &, Deadline)> run = run_program;
    // Whether multipathd listens now. At once.
    std::function<bool()> multipathd_listens;

    // `path` without a slash before it: "sys/block".
    [[nodiscard]] std::filesystem::path at(std::string_view path) const { return root / path; }
};

// This node.
HostAccess this_host();

} // namespace drover::connect
