// The node as connectors touch it: its sysfs and its programs. A test puts a folder in the place of `/` and
// records what would be run; everything else is the same code.
#pragma once

#include "core/connect/map_status.hpp"
#include "core/connect/multipathd_socket.hpp"
#include "loader/base/program.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace drover::connect {

struct HostAccess {
    std::filesystem::path root = "/";
    std::function<Result<ProgramResult>(const Program &, Deadline)> run = run_program;
    // multipathd_socket.hpp and map_status.hpp tell what these answer.
    std::function<bool()> multipathd_listens = connect::multipathd_listens;
    std::function<Result<std::string>(std::string_view command, Deadline)> ask_multipathd =
        connect::ask_multipathd;
    std::function<Result<std::string>(unsigned major, unsigned minor)> multipath_status =
        connect::multipath_status;

    // `path` without a slash before it: "sys/block".
    [[nodiscard]] std::filesystem::path at(std::string_view path) const { return root / path; }
};

} // namespace drover::connect
