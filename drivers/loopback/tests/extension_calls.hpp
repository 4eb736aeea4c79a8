// The extensions group, manage, retype, stats and fence as short calls on an Agent. Volumes that an op emits
// are in agent.volumes, the call in agent.call.
#pragma once

#include "drover/ext/fence.h"
#include "drover/ext/retype.h"
#include "drover/ext/stats.h"
#include "loopback_fixture.hpp"

#include <map>

namespace loopback::testing {

drv_status retype(Agent &agent, std::string_view id, std::string_view profile, std::uint64_t flags = 0,
                  std::string_view pool = "");
drv_status fence(Agent &agent, std::string_view node, std::uint64_t flags = 0);

// What a statistics sink received.
struct SeenStats {
    std::map<std::string, drv_stats> rows; // by id; without their texts
    std::string next_token;
};
drv_status volume_stats(Agent &agent, std::string_view id, SeenStats &seen);
drv_status list_stats(Agent &agent, SeenStats &seen, std::uint64_t max = 0, std::string_view token = "");
drv_status pool_stats(Agent &agent, SeenStats &seen);

} // namespace loopback::testing
