// A fault rule: which calls it takes, and what becomes of them. docs/array-sim.md is its manual.
#pragma once

#include "conformance/simulators/frame/message.hpp"
#include "loader/base/error.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <regex>
#include <string>

namespace drover::sim {

enum class FaultKind {
    status,      // this status and body instead of the answer
    delay,       // only late
    drop,        // the connection ends without an answer
    reset,       // the same by a TCP reset
    truncate,    // half an answer
    garbage,     // 200 with what is no JSON
    huge,        // 200 with megabytes of JSON
    wrong_types, // the true answer, every value of another type
    redirect,    // 302 to itself, for ever
    expire,      // all sessions end; the call then finds that out
    pretend,     // the answer of success, and nothing is done
};

struct Fault {
    enum class When { before, after }; // the call is carried out: not at all, or yes

    FaultKind kind = FaultKind::status;
    std::string method;      // empty: every one
    std::string path;        // regular expression, searched in the decoded path; empty: every one
    std::uint64_t skip = 0;  // so many calls that match are let through first
    std::uint64_t times = 1; // and so many are hit; 0: all that follow
    When when = When::before;
    std::chrono::milliseconds delay{0};
    unsigned status = 500;
    std::string body; // of kind status; empty: words that fit the status
    std::string content_type = "application/json";
    Fields headers;                   // besides
    std::uint64_t bytes = 10U << 20U; // of kind huge

    std::regex pattern; // made of `path`
};

// From a JSON object as POST /sim/faults takes it. Unknown keys and wrong types are refused by name.
[[nodiscard]] Result<Fault> read_fault(const boost::json::object &text);
// From --fault: a JSON object, or "key=value,key=value".
[[nodiscard]] Result<Fault> parse_fault(std::string_view spec);
// The way back.
[[nodiscard]] boost::json::object to_json(const Fault &fault);

// The answer of a fault of a kind that makes one; `truth` is the true answer when the call was carried out.
[[nodiscard]] Reply faulty_reply(const Fault &fault, const Request &request, Response truth);

} // namespace drover::sim
