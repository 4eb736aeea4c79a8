// A connector turns what a driver answered to attach into a block device of this node whose identity is
// proven. It asks no driver, formats nothing and mounts nothing.
//
// Threads: every method from any thread; calls for one connection must not overlap. All may block until the
// deadline; call them from workers. What can hang on dead storage runs in a child process, so a deadline is
// kept.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"
#include "loader/base/secret_text.hpp"
#include "loader/volume_types.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
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

// The value of a secret key of the backend's configuration, read afresh at each call. Code::not_found: there
// is no such key.
using Secrets = std::function<Result<SecretText>(const std::string &key)>;

// What connectors understand of a connection's attributes.
//   chap-mutual-user, chap-mutual-secret-key: the user and the NAME of the configuration key of the secret by
//       which an iSCSI target proves itself to this node (mutual CHAP); both or neither.
//   lun-addressing: "flat" for an array that addresses LUNs from 256 on in SAM's flat space.
inline constexpr std::string_view kMutualUser = "chap-mutual-user";
inline constexpr std::string_view kMutualSecretKey = "chap-mutual-secret-key";
inline constexpr std::string_view kLunAddressing = "lun-addressing";

class Connector {
public:
    virtual ~Connector() = default;

    // Makes the device appear and proves its identity. Safe to repeat. `secrets` is called only when the
    // connection names some.
    virtual Result<Device> connect(const Connection &connection, const Secrets &secrets,
                                   Deadline deadline) = 0;
    // Looks only. Code::not_found: it is not there. Code::conflict: another device is in its place. Any other
    // code: nothing may be concluded, for example because its identity could not be read.
    virtual Result<Device> find(const Connection &connection, Deadline deadline) = 0;
    // Writes out what the kernel holds for the device and lets go of it. Code::conflict while anything has it
    // mounted or open exclusively, in any mount namespace. Not there (any more): success.
    virtual Result<void> disconnect(const Connection &connection, Deadline deadline) = 0;
    // The backend has taken the volume away from this node, or must be taken to have: lets go of the device
    // and writes nothing to it. What waits for it fails instead of waiting on; what was written and not yet
    // carried out is lost. Code::conflict while it is still open: close it, and call this again. Not there:
    // success.
    virtual Result<void> drop(const Connection &connection, Deadline deadline) = 0;
    // After the volume grew: waits until the device has at least `wanted_bytes`. Code::deadline if it never
    // does.
    virtual Result<Device> rescan(const Connection &connection, std::uint64_t wanted_bytes,
                                  Deadline deadline) = 0;
};

} // namespace drover::connect
