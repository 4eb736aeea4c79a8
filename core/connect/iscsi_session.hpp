// iSCSI sessions as sysfs shows them: every session under every host, since one target may have several.
#pragma once

#include "core/connect/host_access.hpp"
#include "core/connect/portal.hpp"
#include "core/connect/scsi_disk.hpp"

#include <optional>
#include <string>
#include <vector>

namespace drover::connect {

struct IscsiSession {
    std::string name; // "session3"
    std::string target;
    std::string initiator; // the name that this side has in it
    std::string state;     // "LOGGED_IN"; all else does not work now
    Nexus nexus;
    std::vector<Portal> portals; // as asked for, and as connected

    [[nodiscard]] bool works() const noexcept { return state == "LOGGED_IN"; }
    [[nodiscard]] bool leads_to(const std::string &wanted_target, const Portal &portal) const;
};

std::vector<IscsiSession> iscsi_sessions(const HostAccess &host);

// Disks and other devices under the session. True also when that cannot be read: unreadable is in use.
bool carries_devices(const HostAccess &host, const IscsiSession &session);

} // namespace drover::connect
