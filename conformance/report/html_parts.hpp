// The parts of the HTML page. Each is a piece of markup that is complete in itself; where it has nothing to
// say it is empty.
#pragma once

#include "conformance/report/report.hpp"

#include <string>
#include <string_view>

namespace drover::conformance::html {

// html_style.cpp. No '<' and no '&' stands in either, so that they need no escape in HTML or in XML.
extern const std::string_view kStyle;
extern const std::string_view kScript;

// html_head.cpp: who, what and whether.
std::string header(const RunRecord &record);
std::string facts(const RunRecord &record);
// The driver as people call it: "acme 2.1", or its file's name when it could not be loaded.
std::string title(const RunInfo &run);

// html_findings.cpp: what a reader has to know first.
std::string failures(const RunRecord &record);
std::string warnings(const RunRecord &record);
std::string skips(const RunRecord &record);
std::string leftovers(const RunRecord &record);

// html_tests.cpp: every test.
std::string group_table(const RunRecord &record);
std::string filter_form(const RunRecord &record);
std::string tests(const RunRecord &record);
std::string legend();

// Where a failure is told, as the id of its element.
std::string failure_anchor(std::string_view id);

} // namespace drover::conformance::html
