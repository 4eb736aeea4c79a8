#include "core/cli/failure.hpp"

#include "core/cli/json_text.hpp"

#include <boost/json/object.hpp>

namespace drover::cli {
namespace {

boost::json::value describe(Code code, const std::string &message) {
    return boost::json::object{{"code", to_string(code)}, {"message", message}, {"retryable", false}};
}

Exit exit_of(std::string_view code) {
    return code == to_string(Code::not_found) ? Exit::not_found : Exit::failed;
}

} // namespace

CommandFailed::CommandFailed(Exit exit, const std::string &message, boost::json::value error)
    : std::runtime_error(message), exit_(exit), error_(std::move(error)) {}

CommandFailed::CommandFailed(Exit exit, Code code, const std::string &message)
    : CommandFailed(exit, message, describe(code, message)) {}

void fail_usage(const std::string &message) {
    throw CommandFailed(Exit::usage, Code::invalid, message);
}

void fail_with(const Error &error) {
    throw CommandFailed(exit_of(to_string(error.code)), error.code, error.message);
}

void fail_with_answer(const boost::json::value &error) {
    const auto message = text_of(error, "message");
    std::string shown = message.empty() ? "the agent gave no reason" : std::string(message);
    if (const auto vendor_code = text_of(error, "vendor_code"); !vendor_code.empty())
        shown += " (the backend's code: " + std::string(vendor_code) + ")";
    if (flag_of(error, "state_unknown"))
        shown += "; it may have happened all the same: look before you try again";
    throw CommandFailed(exit_of(text_of(error, "code")), shown, error);
}

} // namespace drover::cli
