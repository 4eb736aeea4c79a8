// Reads a document with a parser that is not ours: xmllint, of Debian's libxml2-utils.
#pragma once

#include <string>

namespace drover::conformance {

// What the XPath expression comes to. Fails the running test and gives what the parser said when the document
// is no XML or the expression finds nothing.
std::string xpath(const std::string &document, const std::string &expression);

// Empty when the document keeps the schema, else what the parser said.
std::string against_schema(const std::string &document, const std::string &schema_file);

} // namespace drover::conformance
