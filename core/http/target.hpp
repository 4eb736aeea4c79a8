// A request's target taken apart: path segments and query parameters, percent-decoded; and the way back.
#pragma once

#include "loader/base/error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover::http {

struct Target {
    std::vector<std::string> segments;                      // "/v2/volumes/a%2Fb" is {"v2", "volumes", "a/b"}
    std::vector<std::pair<std::string, std::string>> query; // in the order sent
};

// Code::invalid for what is no path or carries a broken percent-encoding. "+" is a plus.
Result<Target> parse_target(std::string_view target);

// Text as one segment of a path, or as a name or value in a query.
std::string encode_segment(std::string_view text);

} // namespace drover::http
