// What this node lacks for connecting volumes, and how to mend it. Looks only; changes nothing.
#pragma once

#include "core/connect/host_access.hpp"
#include "core/connect/multipath.hpp"
#include "loader/volume_types.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace drover::connect {

enum class FindingLevel {
    ok,
    note,    // lacking, and no backend of this node needs it
    warning, // works, but not as it should
    error,   // volumes of a backend cannot be connected
};
std::string_view to_string(FindingLevel level) noexcept;

struct Finding {
    std::string check; // "iscsi.initiator-name": stable, for machines
    FindingLevel level = FindingLevel::ok;
    std::string message; // what was found
    std::string cure;    // what to do; empty when there is nothing to do
    bool operator==(const Finding &) const = default;
};

// In a fixed order, one finding for each check. `needed`: what the backends of this node connect by; what
// only other protocols need is a note. Blocks until the deadline at the longest.
std::vector<Finding> check_node(const HostAccess &host, MultipathPolicy policy,
                                const std::set<Protocol> &needed, Deadline deadline);

} // namespace drover::connect
