// What the device mapper knows of a multipath map, from the kernel itself: as `dmsetup status` would print
// it, without starting a program.
#pragma once

#include "loader/base/error.hpp"

#include <string>

namespace drover::connect {

// The status of its first target, which must be of the type multipath ("2 0 0 0 1 1 A 0 1 2 8:0 A 0 0 1").
// Answers from memory, at once. Code::not_found: there is no such map.
[[nodiscard]] Result<std::string> multipath_status(unsigned major, unsigned minor);

} // namespace drover::connect
