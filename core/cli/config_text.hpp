// A checked agent.yml with every default filled in and every secret hidden, as JSON in the file's own words,
// and the same as YAML.
#pragma once

#include "core/cli/config_check.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace drover::cli {

// A secret is shown as "(hidden)", a reference to one (file:, env:) as it is. Where the driver is not there,
// nobody knows which keys are secret, so that all are hidden.
boost::json::object config_json(const AgentConfig &config,
                                const std::map<std::string, DriverDescription> &drivers);
// One text, number, boolean or list of texts, as it would stand after "key: "; null is empty.
std::string to_yaml_value(const boost::json::value &value);
// Objects, lists of texts, texts, numbers, booleans.
std::string to_yaml(const boost::json::object &object);

} // namespace drover::cli
