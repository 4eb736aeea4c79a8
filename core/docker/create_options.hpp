// What `docker volume create -o key=value` may say.
#pragma once

#include "core/volume/views.hpp"
#include "loader/base/error.hpp"

#include <string>
#include <utility>
#include <vector>

namespace drover {

// Puts the options into the specification. Code::invalid names the option, what was wrong with it, and for an
// unknown one those that are known.
Result<void> apply_create_options(const std::vector<std::pair<std::string, std::string>> &options,
                                  VolumeSpec &spec);

} // namespace drover
