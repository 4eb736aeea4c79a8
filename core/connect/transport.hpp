// How a node gets to a SCSI target port, and lets go of it: by an iSCSI session, or by the fabric. Devices
// are not its business.
#pragma once

#include "core/connect/connector.hpp"
#include "core/connect/scsi_disk.hpp"

#include <memory>
#include <string>
#include <vector>

namespace drover::connect {

struct Reached {
    std::vector<Nexus> nexuses;              // those that work now, each once
    std::vector<std::string> troubles;       // a sentence for each way that does not
    std::vector<std::shared_ptr<void>> uses; // while these live, leave() lets nobody go
};

class Transport {
public:
    virtual ~Transport() = default;

    // Code::invalid: the driver's answer cannot be used, and why.
    [[nodiscard]] virtual Result<void> check(const Connection &connection) const = 0;
    // Opens every way that the connection names, or only the first that works. Any failure only when none
    // works.
    virtual Result<Reached> reach(const Connection &connection, const Secrets &secrets, bool one_is_enough,
                                  Deadline deadline) = 0;
    // The ways that are open. Looks only.
    [[nodiscard]] virtual std::vector<Nexus> nexuses(const Connection &connection) const = 0;
    // Closes those of the connection's ways that this agent opened and nothing uses any more.
    virtual Result<void> leave(const Connection &connection, Deadline deadline) = 0;
};

} // namespace drover::connect
