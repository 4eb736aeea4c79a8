// The command line of drover-array-sim.
#pragma once

#include "conformance/simulators/frame/fault.hpp"
#include "conformance/simulators/frame/server.hpp"

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace drover::sim {

struct Options {
    std::string vendor;
    ListenAddress listen;
    std::filesystem::path seed, state, journal;
    std::filesystem::path certificate, key, write_certificate;
    std::vector<Fault> faults;
    std::string data_plane = "none";
    std::filesystem::path data_folder;
};

// What to do, or the exit status when that is all: --help, --version, wrong usage (2).
[[nodiscard]] std::variant<Options, int> parse_command_line(int argc, char **argv);

} // namespace drover::sim
