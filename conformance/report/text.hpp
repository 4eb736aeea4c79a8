// The report for people: one line per test under its group, what is wrong below it, and at the end the sums.
// Its last line is the summary alone, for scripts that read nothing else.
#pragma once

#include "conformance/report/report.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace drover::conformance {

class TextReport {
public:
    struct Style {
        bool colour = false;
        bool durations = true; // off in golden tests
    };
    // `out` outlives the report; flushed after each test.
    TextReport(std::FILE *out, Style style) : out_(out), style_(style) {}

    void begin(const RunInfo &run);
    void add(const Case &ran, const TestResult &result);
    void end(const RunEnd &end, const Tally &sum);

private:
    void print(const std::string &text);

    std::FILE *out_;
    Style style_;
    std::string group_;
    RunInfo run_;
    std::vector<std::string> failed_;
};

// "412 ms", "1.3 s".
std::string format_duration(std::chrono::nanoseconds duration);

} // namespace drover::conformance
