// The extensions group, manage, retype, stats and fence as short calls on an Agent. Volumes that an op emits
// are in agent.volumes, the call in agent.call.
#pragma once

#include "drover/ext/fence.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/retype.h"
#include "drover/ext/stats.h"
#include "loopback_fixture.hpp"

#include <map>

namespace loopback::testing {

drv_status retype(Agent &agent, std::string_view id, std::string_view profile, std::uint64_t flags = 0,
                  std::string_view pool = "");
drv_status fence(Agent &agent, std::string_view node, std::uint64_t flags = 0);

drv_status list_unmanaged(Agent &agent, std::uint64_t max = 0, std::string_view token = "");
drv_status adopt(Agent &agent, std::string_view backend_id, std::string_view id,
                 std::string_view volume_id = "");
drv_status release(Agent &agent, std::string_view id);
drv_status list_unmanaged_snapshots(Agent &agent, std::string_view volume_id);
drv_status adopt_snapshot(Agent &agent, std::string_view backend_id, std::string_view id,
                          std::string_view volume_id);
drv_status release_snapshot(Agent &agent, std::string_view id);

// What a statistics sink received.
struct SeenStats {
    std::map<std::string, drv_stats> rows; // by id; without their texts
    std::string next_token;
};
drv_status volume_stats(Agent &agent, std::string_view id, SeenStats &seen);
drv_status list_stats(Agent &agent, SeenStats &seen, std::uint64_t max = 0, std::string_view token = "");
drv_status pool_stats(Agent &agent, SeenStats &seen);

// What a group sink received.
struct SeenGroup {
    std::string id, name, backend_id, parent;
    std::vector<std::string> members; // sorted
};
struct SeenGroups {
    std::vector<SeenGroup> rows;
    std::string next_token;
    [[nodiscard]] const SeenGroup &only() const {
        EXPECT_EQ(rows.size(), 1U);
        return rows.at(0);
    }
};
using Ids = std::vector<std::string>;
drv_status group_create(Agent &agent, std::string_view id, const Ids &add, SeenGroups &seen,
                        const Ids &remove = {});
drv_status group_update(Agent &agent, std::string_view id, const Ids &add, const Ids &remove,
                        SeenGroups &seen);
drv_status group_destroy(Agent &agent, std::string_view id);
drv_status group_get(Agent &agent, std::string_view id, SeenGroups &seen);
drv_status group_list(Agent &agent, SeenGroups &seen, std::uint64_t max = 0, std::string_view token = "");
// `snapshots`: volume id, snapshot id.
using Pairs = std::vector<std::pair<std::string, std::string>>;
drv_status group_snapshot(Agent &agent, std::string_view group, std::string_view id, const Pairs &snapshots,
                          SeenGroups &seen);
drv_status group_snapshot_destroy(Agent &agent, std::string_view id);
drv_status group_snapshot_list(Agent &agent, std::string_view group, SeenGroups &seen);

} // namespace loopback::testing
