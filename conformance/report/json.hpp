// The report for programs: one JSON object and a newline. docs/conformance.md describes its keys; keys are
// only added.
#pragma once

#include "conformance/report/report.hpp"

#include <string>

namespace drover::conformance {

std::string to_json_report(const RunRecord &record);

} // namespace drover::conformance
