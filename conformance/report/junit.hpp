// The report for CI systems: JUnit XML. One testsuite for each group. A broken rule is a failure, a crash or
// a timeout an error; a warning passes and is told in system-out.
#pragma once

#include "conformance/report/report.hpp"

#include <string>

namespace drover::conformance {

std::string to_junit(const RunRecord &record);

} // namespace drover::conformance
