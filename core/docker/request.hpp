// The body of a plugin call, read as liberally as the engine writes: keys in any case, unknown keys ignored,
// Opts null or absent. What names a volume is checked strictly.
#pragma once

#include "loader/base/error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover {

struct DockerRequest {
    std::string name;
    std::string id;                                           // empty: none was sent (engines before 1.12)
    std::vector<std::pair<std::string, std::string>> options; // in the order sent
};

// Code::invalid. An empty body is one: the engine repeats a call whose connection broke with its body already
// used up, and nothing may be done for it.
Result<DockerRequest> parse_docker_request(std::string_view body);

} // namespace drover
