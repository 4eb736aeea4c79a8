// The agent as the commands see it: reads, and acts that are begun, followed with their progress and waited
// for. Every failure is a CommandFailed.
#pragma once

#include "core/cli/api.hpp"
#include "core/cli/progress.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace drover::cli {

class AgentClient {
public:
    struct Options {
        Deadline deadline = Deadline::never(); // of all requests and waiting together
        bool show_progress = false;
        bool catch_interrupts = false; // only for a real process
    };
    AgentClient(std::unique_ptr<Api> api, std::ostream &err, Options options)
        : api_(std::move(api)), err_(err), options_(options) {}

    boost::json::value get(const std::string &target);

    // Begins the act, waits until it has ended and gives the ended operation.
    boost::json::value act(std::string method, std::string target, std::optional<boost::json::value> body);
    // Waits for one that was begun before.
    boost::json::value follow(boost::json::value operation);

    // Names for "did you mean" and for completion; empty when they cannot be had.
    std::vector<std::string> volume_names();

private:
    ApiAnswer send(const ApiRequest &request, Deadline deadline);
    [[noreturn]] void stop_waiting(const boost::json::value &operation) const;

    std::unique_ptr<Api> api_;
    std::ostream &err_;
    Options options_;
};

// The path of an address, and a query parameter, percent-encoded: path("/v2/volumes", {name}).
std::string path(std::string_view base, const std::vector<std::string_view> &segments);
std::string with_query(std::string target, std::string_view key, std::string_view value);

} // namespace drover::cli
