// A driver's key of agent.yml in words, and its default as a value: what the schema and the example say.
#pragma once

#include "loader/driver.hpp"

#include <boost/json/value.hpp>

#include <string>

namespace drover::cli {

// "Folder for the images. A text." The help as the driver gives it, then what kind of value it wants, and how
// a secret is written.
std::string describe_key(const ConfigKey &key);

// The fallback as it would be written in the file; null when there is none. A list's items stand one on each
// line of the fallback.
boost::json::value default_value(const ConfigKey &key);

} // namespace drover::cli
