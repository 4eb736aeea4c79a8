// A result as JSON: how it travels from a test's process to the runner, and one row of the JSON report.
#pragma once

#include "conformance/suite/outcome.hpp"
#include "loader/base/error.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace drover::conformance {

boost::json::object to_json(const TestResult &result);

// Text that a test's process wrote. It ran a driver, so nothing in it is believed: Code::invalid when it is
// not exactly what to_json makes.
Result<TestResult> result_from_json(std::string_view text);

// Any bytes as UTF-8 text: what is none becomes U+FFFD, control characters but newline and tab become blanks.
std::string as_text(std::string_view bytes);

} // namespace drover::conformance
