// How a command ends: the exit codes that scripts may rely on, and the one exception that commands throw. It
// never leaves this module: run() turns it into words and an exit code.
#pragma once

#include "loader/base/error.hpp"

#include <boost/json/value.hpp>

#include <stdexcept>
#include <string>

namespace drover::cli {

enum class Exit : int {
    ok = 0,
    failed = 1,
    usage = 2,
    not_found = 3,
    no_agent = 4,
    interrupted = 130, // by Ctrl-C while it waited for an operation
};

class CommandFailed : public std::runtime_error {
public:
    // `error` is what --json prints under "error": the shape of the API's errors.
    CommandFailed(Exit exit, const std::string &message, boost::json::value error);
    CommandFailed(Exit exit, Code code, const std::string &message);

    [[nodiscard]] Exit exit() const noexcept { return exit_; }
    [[nodiscard]] const boost::json::value &error() const noexcept { return error_; }

private:
    Exit exit_;
    boost::json::value error_;
};

[[noreturn]] void fail_usage(const std::string &message);
// An error that was not the agent's answer.
[[noreturn]] void fail_with(const Error &error);
// The object under "error" of the API's answer.
[[noreturn]] void fail_with_answer(const boost::json::value &error);

} // namespace drover::cli
