// One look at a local device: opens the path, reads who the device is and how large, and compares with what
// is wanted. These calls may hang on dead storage; LocalConnector runs them in a child.
#pragma once

#include "core/connect/connector.hpp"

namespace drover::connect {

// As Connector::find says.
Result<Device> inspect_local(const Connection &connection);
// Writes out what the kernel holds for the proven device and drops its cache. Code::conflict while it is
// claimed.
Result<void> flush_local(const Device &device);
// Tells a loop device to take its file's size. Nothing for other kinds.
Result<void> refresh_local(const Device &device);

// For the way out of a child and back.
std::string encode(const Device &device);
Result<Device> decode_device(const std::string &text);

} // namespace drover::connect
