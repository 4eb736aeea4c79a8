// The seam between the commands and the agent: one request, one answer. Tests put a scripted agent behind it.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace drover::cli {

struct ApiRequest {
    std::string method = "GET";
    std::string target; // percent-encoded
    std::optional<boost::json::value> body;
    bool respond_async = false;
};

struct ApiAnswer {
    unsigned status = 0;
    boost::json::value body; // null when there was none
};

class Api {
public:
    virtual ~Api() = default;
    // An error means that there was no answer; one that says "no" is an answer with a status of 400 or more.
    virtual Result<ApiAnswer> send(const ApiRequest &request, Deadline deadline) = 0;
};

// The agent's socket. Nothing is connected before the first request.
std::unique_ptr<Api> connect_api(const std::filesystem::path &socket);

} // namespace drover::cli
