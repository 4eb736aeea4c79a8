// Looks at one volume: what the backend says, which device is here, what is on it, where it is mounted.
// Changes nothing, and says "unknown" rather than guess. The planner decides on what it returns.
#pragma once

#include "core/connect/connectors.hpp"
#include "core/filesystem/mount_table.hpp"
#include "core/filesystem/probe.hpp"
#include "core/plan/classify.hpp"
#include "core/volume/node.hpp"
#include "core/volume/records.hpp"
#include "loader/driver.hpp"

#include <optional>
#include <string>

namespace drover {

// How much to trust in blank devices of this backend, and what is known already.
struct DiscoverOptions {
    bool zeroed = false; // DRV_CAP_ZEROED: a volume that was never written reads as zero
    // What a probe of this device has found just now; null: it is probed.
    const filesystem::Probe *probed = nullptr;
    std::string_view probed_device = {}; // its path
};

struct Sight {
    plan::Observation seen;
    std::optional<BackendVolume> volume;
    std::optional<Connection> connection;            // as the driver resolves it now
    std::optional<connect::Device> device;           // proven to be this volume's
    std::optional<filesystem::MountEntry> at_target; // what is mounted on our mount point (the topmost)
    std::string content; // "ext4", "crypto_LUKS", ...: what the probe found; empty: nothing
    std::string content_uuid;
    bool reads_as_zero = false; // at its head and tail
    std::string holder;         // the other nodes that have it, for people
    std::optional<Error> doubt; // why something is unknown or wrong

    [[nodiscard]] plan::Discovered classify(const VolumeRecord &record) const;
};

Sight discover(const VolumeRecord &record, Driver &driver, const connect::Connectors &connectors,
               const Node &node, const DiscoverOptions &options, const CallContext &call);

} // namespace drover
