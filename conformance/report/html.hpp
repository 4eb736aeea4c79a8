// The report for publication: one HTML page that needs nothing but itself. It reads without its script,
// prints, follows the reader's light or dark scheme, and is well-formed XML too, so that any parser can check
// it.
#pragma once

#include "conformance/report/report.hpp"

#include <string>

namespace drover::conformance {

std::string to_html(const RunRecord &record);

} // namespace drover::conformance
