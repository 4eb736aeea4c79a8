// iSCSI and Fibre Channel volumes: whatever the transport, the volume is a LUN that appears as one disk for
// each path, is proven by page 0x83 of every path, and is used through its multipath map.
//
// Every step has a deadline of its own and is safe to repeat; none guesses a device by its LUN or its place.
#pragma once

#include "core/connect/connector.hpp"
#include "core/connect/multipath.hpp"
#include "core/connect/scsi_sight.hpp"
#include "core/connect/transport.hpp"
#include "core/connect/turns.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace drover::connect {

class ScsiConnector final : public Connector {
public:
    ScsiConnector(Protocol protocol, HostAccess host, MultipathPolicy policy,
                  std::unique_ptr<Transport> transport);
    ScsiConnector(const ScsiConnector &) = delete;
    ScsiConnector &operator=(const ScsiConnector &) = delete;

    // The first path that works is enough; what else the connection names is waited for for some seconds, and
    // missing paths are logged.
    Result<Device> connect(const Connection &connection, const Secrets &secrets, Deadline deadline) override;
    Result<Device> find(const Connection &connection, Deadline deadline) override;
    Result<void> disconnect(const Connection &connection, Deadline deadline) override;
    Result<void> drop(const Connection &connection, Deadline deadline) override;
    // Looks for the LUN again on the ways that are open, and grows paths and map. Changes no path while
    // another one is down: Code::unreachable.
    Result<Device> rescan(const Connection &connection, std::uint64_t wanted_bytes,
                          Deadline deadline) override;

private:
    [[nodiscard]] Result<void> check(const Connection &connection) const;
    // Disks that remember the volume's WWID.
    [[nodiscard]] std::vector<ScsiDisk> remembering(const Connection &connection) const;
    [[nodiscard]] ScsiSight look(const Connection &connection, Deadline deadline) const;
    // Who may wait for volumes of this target to appear.
    Turns &appearing(const std::string &target);
    Result<Device> appear(const Connection &connection, const std::vector<Nexus> &nexuses, Deadline deadline);
    Result<void> remove_map(const Connection &connection, const MultipathMap &map, Deadline deadline) const;
    Result<void> remove_disks(const Connection &connection, const MultipathMap *map, Deadline deadline) const;
    Result<Device> grow(const Connection &connection, std::uint64_t wanted_bytes, Deadline deadline) const;

    Protocol protocol_;
    HostAccess host_;
    Multipath multipath_;
    std::unique_ptr<Transport> transport_;
    std::mutex appearing_mutex_;
    std::map<std::string, Turns> appearing_; // by target; never erased
};

} // namespace drover::connect
