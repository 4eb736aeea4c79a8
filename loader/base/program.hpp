// Runs one program to its end: no shell, nothing inherited but an empty input, output caught, killed with all
// its children at the deadline.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drover {

struct Program {
    std::filesystem::path file; // absolute
    std::vector<std::string> arguments;
    std::string package; // Debian package that has it, for the error when it is not installed
};

struct ProgramResult {
    int exit_code = 0;
    std::string output; // stdout and stderr, the last 16 KiB
};

// An exit code other than 0 is no error here. Errors: not installed (Code::unsupported), killed by a signal,
// and Code::deadline with state_unknown after it was killed. `file` must not be set from outside.
Result<ProgramResult> run_program(const Program &program, Deadline deadline);

// For messages: the last lines, joined by "; ", at most 400 bytes.
std::string last_lines(const std::string &output);

} // namespace drover
