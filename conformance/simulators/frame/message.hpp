// HTTP as the simulators see it: requests and answers as plain values.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover::sim {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method; // as sent: "GET"
    std::string target; // as sent, percent-encoded
    std::string path;   // decoded, without the query
    Fields query;       // decoded, in the order sent
    Fields headers;
    std::string body;

    // The first header of that name, whatever its case; empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    // The first query parameter of that name; empty when there is none.
    [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;
};

// Fills path and query from the target. False for a broken percent-encoding, for what is no UTF-8, and for
// what is no path.
[[nodiscard]] bool read_target(Request &request);

// "/a/b" is {"a", "b"}; empty segments are dropped.
[[nodiscard]] std::vector<std::string> segments_of(std::string_view path);

struct Response {
    unsigned status = 200;
    std::string body;
    std::string content_type = "application/json";
    Fields headers; // besides Content-Type, Content-Length and Connection
};

// What becomes of an answer on its way: faults change it.
enum class Delivery {
    whole,
    truncated, // half of what Content-Length promises, then the end
    dropped,   // the connection ends in an orderly way, without an answer
    reset,     // it ends with a TCP reset
};

struct Reply {
    Response response;
    Delivery delivery = Delivery::whole;
};

} // namespace drover::sim
