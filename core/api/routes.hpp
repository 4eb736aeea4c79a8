// Every path and method of openapi.yaml, what each may ask, and how a request finds its own.
#pragma once

#include "core/http/message.hpp"
#include "core/http/target.hpp"
#include "loader/base/error.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

struct ApiCall; // call.hpp

struct Route {
    std::string_view method;
    std::string_view pattern;            // "/v2/volumes/{volume}"
    std::string_view operation;          // its operationId
    std::vector<std::string_view> query; // the parameters it knows
    void (*run)(const ApiCall &call);
};

const std::vector<Route> &api_routes();

struct Match {
    const Route *route = nullptr;
    std::map<std::string, std::string, std::less<>> path;  // "volume" -> its text
    std::map<std::string, std::string, std::less<>> query; // each at most once
};

struct NoMatch {
    unsigned status = 404;
    Error error;
    std::string allow; // of a 405
};

tl::expected<Match, NoMatch> find_route(std::string_view method, std::string_view target);

} // namespace drover
