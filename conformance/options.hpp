// The command line of drover-conformance.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace drover::conformance {

struct Options {
    std::string driver; // name or path
    std::filesystem::path config;
    std::filesystem::path agent_config;
    std::filesystem::path driver_dir;
    std::string filter;
    bool list = false;
    std::optional<std::string> json;  // file, or "-"
    std::optional<std::string> junit; // the same
    std::optional<std::string> html;  // the same
    std::string array;                // what reports call it
    double timeout_s = 60;
    bool isolated = false;
    bool in_process = false;
    bool stop_at_failure = false;
    bool keep_scratch = false;
    bool self_test = false;
    std::optional<std::uint64_t> seed;
    enum class Colour { automatic, always, never } colour = Colour::automatic;
    // For the program's own use.
    std::string run_one;
    bool sweep = false;
    bool about = false;
    std::filesystem::path scratch;
};

// Options, or the exit code when the program is done: 0 after --help or --version, 2 after a mistake that was
// told.
std::variant<Options, int> parse_command_line(int argc, char **argv);

} // namespace drover::conformance
