// Who this node is: its id, its cluster's id, its boot, and the initiators by which arrays know it. Ids are
// kept in the state: with another one the agent would not find its own volumes, so a change is refused.
#pragma once

#include "core/config/agent_config.hpp"
#include "core/volume/journal.hpp"
#include "core/volume/node.hpp"

namespace drover {

// From agent.yml, else derived: the node id from /etc/machine-id (as a UUIDv5, so that the machine id itself
// is not given away), the cluster id the same on every node that was not given one.
Result<Node> identify_node(const AgentSettings &settings, Journal &journal);

} // namespace drover
