// A connector turns what a driver answered to attach into a block device of this node whose identity is
// proven. It asks no driver, formats nothing and mounts nothing.
//
// Threads: every method from any thread; calls for one connection must not overlap. All may block until the
// deadline; call them from workers. What can hang on dead storage runs in a child process, so a deadline is
// kept.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"
#include "loader/volume_types.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace drover::connect {

// Look it up at each use: a path is not to be trusted across an attach cycle. `major:minor` is the device
// from here on.
struct Device {
    std::filesystem::path path; // canonical, under /dev
    unsigned major = 0;
    unsigned minor = 0;
    std::uint64_t bytes = 0;
    bool read_only = false;
    std::string wwid; // as the device itself answered; equal to the connection's
    bool operator==(const Device &) const = default;
};

class Connector {
public:
    virtual ~Connector() = default;

    // Makes the device appear and proves its identity. Safe to repeat.
    virtual Result<Device> connect(const Connection &connection, Deadline deadline) = 0;
    // Looks only. Code::not_found: it is not there. Code::conflict: another device is in its place. Any other
    // code: nothing may be concluded, for example because its identity could not be read.
    virtual Result<Device> find(const Connection &connection, Deadline deadline) = 0;
    // Writes out what the kernel holds for the device and lets go of it. Code::conflict while anything has it
    // mounted or open exclusively, in any mount namespace. Not there (any more): success.
    virtual Result<void> disconnect(const Connection &connection, Deadline deadline) = 0;
    // After the volume grew: waits until the device has at least `wanted_bytes`. Code::deadline if it never
    // does.
    virtual Result<Device> rescan(const Connection &connection, std::uint64_t wanted_bytes,
                                  Deadline deadline) = 0;
};

} // namespace drover::connect
