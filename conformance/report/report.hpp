// What a run tells while it goes on and at its end. One implementation per form; a run may have several
// reports.
#pragma once

#include "conformance/suite/case.hpp"
#include "conformance/suite/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace drover::conformance {

struct RunInfo {
    std::string driver; // the file
    std::string abi;    // "1.0"
    std::uint64_t seed = 0;
    std::size_t cases = 0; // that will be run or skipped
};

struct RunEnd {
    std::chrono::nanoseconds duration{0};
    bool was_stopped = false;           // by a signal: the cases after the last result did not run
    std::vector<std::string> leftovers; // on the backend
};

class Report {
public:
    virtual ~Report() = default;
    virtual void begin(const RunInfo &run) = 0;
    virtual void add(const Case &ran, const TestResult &result) = 0;
    virtual void end(const RunEnd &end, std::span<const TestResult> results) = 0;
};

} // namespace drover::conformance
