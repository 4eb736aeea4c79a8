// drover: the command line of a node.
#include "core/cli/cli.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <unistd.h>

namespace {

std::optional<std::string> variable(const char *name) {
    const char *value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

} // namespace

int main(int argc, char **argv) {
    std::signal(SIGPIPE, SIG_IGN); // an agent that goes away is an error with words; `| head` ends the output
    const drover::cli::Surroundings around{.out = std::cout,
                                           .err = std::cerr,
                                           .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                                           .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
                                           .catch_interrupts = true,
                                           .variable = variable,
                                           .now = std::chrono::system_clock::now,
                                           .connect = drover::cli::connect_api};
    try {
        const auto exit = drover::cli::run({argv + 1, argv + argc}, around);
        std::cout.flush();
        return static_cast<int>(exit);
    } catch (const std::exception &bug) {
        std::cerr << "drover: " << bug.what() << '\n';
        return static_cast<int>(drover::cli::Exit::failed);
    }
}
