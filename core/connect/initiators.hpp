// The names by which arrays know this node.
#pragma once

#include "core/connect/host_access.hpp"

#include <string>
#include <utility>
#include <vector>

namespace drover::connect {

// {"iqn", ...} of /etc/iscsi/initiatorname.iscsi, {"wwpn", ...} of every Fibre Channel port, {"nqn", ...} of
// /etc/nvme/hostnqn: what drv_attach_req says. What the node lacks is left out.
std::vector<std::pair<std::string, std::string>> initiators(const HostAccess &host);

} // namespace drover::connect
