// The report for programs: one JSON object at the end of the run. docs/conformance.md describes its keys;
// keys are only added.
#pragma once

#include "conformance/report/report.hpp"

#include <boost/json/array.hpp>

#include <cstdio>

namespace drover::conformance {

class JsonReport final : public Report {
public:
    // `out` outlives the report.
    explicit JsonReport(std::FILE *out) : out_(out) {}

    void begin(const RunInfo &run) override { run_ = run; }
    void add(const Case &ran, const TestResult &result) override;
    void end(const RunEnd &end, std::span<const TestResult> results) override;

private:
    std::FILE *out_;
    RunInfo run_;
    boost::json::array rows_;
};

} // namespace drover::conformance
