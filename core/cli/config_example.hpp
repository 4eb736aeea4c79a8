// An agent.yml for one driver, with every key it declares explained, for people to fill in.
#pragma once

#include "loader/driver.hpp"

#include <string>
#include <string_view>

namespace drover::cli {

// A whole file. Keys with a default, and those that may be left out, are switched off ("#key: value"); those
// that must be given have no value, so that the file is refused, with their names, until they have one;
// secrets are references to files. `driver` is the name of the driver's file. With `backend` empty the
// driver's keys stand in `dataset`, otherwise in an entry of `backends` of that name, which dataset chooses.
std::string config_example(const DriverDescription &declared, std::string_view driver,
                           std::string_view backend);

} // namespace drover::cli
