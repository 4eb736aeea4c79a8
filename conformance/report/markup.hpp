// Text from outside (a driver's words, a test's output) as it may stand in XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace drover::conformance {

// Any bytes, for an element's content or an attribute in double quotes. What markup means by & < > " ' is
// escaped; bytes that are no UTF-8, control characters and what XML 1.0 forbids are replaced. Line breaks and
// tabs stay.
std::string escaped(std::string_view bytes);

// The same for an XML attribute, where a parser would make blanks of line breaks and tabs.
std::string escaped_attribute(std::string_view bytes);

} // namespace drover::conformance
