// One look at everything on this node that is, or could be taken for, the SCSI volume of a connection, and
// what follows from it. Looks only.
#pragma once

#include "core/connect/connector.hpp"
#include "core/connect/multipath.hpp"
#include "core/connect/scsi_identity.hpp"

#include <optional>
#include <vector>

namespace drover::connect {

struct ScsiSight {
    std::vector<ProvenDisk> disks; // that remember the WWID, lie at the volume's LUN, or carry its map
    std::optional<MultipathMap> map;

    [[nodiscard]] std::vector<const ProvenDisk *> proven() const;
    [[nodiscard]] bool is_path_of_map(const std::string &disk) const;
};

// The LUN as the kernel counts: as the connection says, or in SAM's flat space if it says so.
std::uint64_t kernel_lun(const Connection &connection);

ScsiSight look_at_scsi(const HostAccess &host, const Connection &connection,
                       const std::vector<Nexus> &nexuses, Deadline deadline, const ProvenBefore &known = {});

// The volume's device by what was seen, as Connector::find says. Where maps are used a bare path is no
// device, unless it is mounted already: multipathd would take it from under its user.
Result<Device> judge_scsi(const HostAccess &host, const Connection &connection, const ScsiSight &sight,
                          bool uses_maps);

} // namespace drover::connect
