// A volume's file as a block device, which can grow while it is in use: the kernel's target keeps the size of
// a file for ever, but asks a device each time.
#pragma once

#include "loader/base/error.hpp"

#include <filesystem>

namespace drover::sim::loop_device {

// The device of that file, "/dev/loop7": the one that has it, or a free one, which then has it until detach.
Result<std::filesystem::path> attach(const std::filesystem::path &file);
// Gives the device the size that the file has now.
Result<void> take_new_size(const std::filesystem::path &device);
// Drops what the kernel holds of the device in memory. The file is not touched.
Result<void> drop_cache(const std::filesystem::path &device);
// Not attached is fine. What is still open goes with its last user.
Result<void> detach(const std::filesystem::path &device);
// Those whose file lies in the folder: what a killed run left.
Result<void> detach_all_below(const std::filesystem::path &folder);

} // namespace drover::sim::loop_device
