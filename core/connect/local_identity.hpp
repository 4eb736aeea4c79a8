// Asks a local block device who it is, and says it as drivers do (wwid in drover/abi/volume.h). Only reads.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drover::connect {

// Every spelling the device answers to, never empty strings, at least one: "loop:<dev>:<inode>" of a loop
// device's file, else "dm:<uuid>", else "serial:<...>" for each serial and wwid in sysfs. Code::not_found: a
// loop device without a file. Any other error: it could not be read, so it is nobody. `sysfs` is /sys but for
// tests.
Result<std::vector<std::string>> identities_of(int fd, unsigned major, unsigned minor,
                                               const std::filesystem::path &sysfs = "/sys");

} // namespace drover::connect
