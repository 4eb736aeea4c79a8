// DRV_PROTO_LOCAL: the driver itself made a block device on this node and names it. The device is believed
// only when it answers the driver's wwid (drover/abi/volume.h says how it is spelled).
#pragma once

#include "core/connect/connector.hpp"

namespace drover::connect {

class LocalConnector final : public Connector {
public:
    Result<Device> connect(const Connection &connection, const Secrets &secrets, Deadline deadline) override;
    Result<Device> find(const Connection &connection, Deadline deadline) override;
    Result<void> disconnect(const Connection &connection, Deadline deadline) override;
    // Nothing of a local device is this agent's but its mount.
    Result<void> drop(const Connection &connection, Deadline deadline) override;
    // A loop device is told to look at its file's size again; every other kind is only watched.
    Result<Device> rescan(const Connection &connection, std::uint64_t wanted_bytes,
                          Deadline deadline) override;
};

} // namespace drover::connect
