// The program `drover`, less its main: the command line, and what each command prints. Decides nothing about
// volumes: it asks the agent.
#pragma once

#include "core/cli/api.hpp"
#include "core/cli/failure.hpp"
#include "core/cli/moment.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace drover::cli {

// What surrounds a command; main brings the real things, tests others.
struct Surroundings {
    std::ostream &out;
    std::ostream &err;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool catch_interrupts = false; // true only where this is the whole process
    std::function<std::optional<std::string>(const char *)> variable;
    std::function<Moment()> now;
    std::function<std::unique_ptr<Api>(const std::filesystem::path &)> connect;
};

// `arguments` without the program's name.
Exit run(const std::vector<std::string> &arguments, const Surroundings &around);

} // namespace drover::cli
