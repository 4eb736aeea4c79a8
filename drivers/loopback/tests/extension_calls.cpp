#include "extension_calls.hpp"

#include <algorithm>

namespace loopback::testing {
using drv::to_abi;
using drv::view_of;

namespace {

class StatsCatcher {
public:
    explicit StatsCatcher(SeenStats &seen) {
        seen = {};
        table_ = {.struct_size = sizeof table_,
                  .reserved = 0,
                  .data = &seen,
                  .emit = [](void *data, const drv_stats *row) -> drv_status {
                      auto &to = *static_cast<SeenStats *>(data);
                      EXPECT_TRUE(to.rows.emplace(view_of(row->id), *row).second) << view_of(row->id);
                      return DRV_OK;
                  },
                  .next_page = [](void *data, drv_str token) -> drv_status {
                      static_cast<SeenStats *>(data)->next_token = view_of(token);
                      return DRV_OK;
                  }};
    }
    [[nodiscard]] const drv_stats_sink *get() const { return &table_; }

private:
    drv_stats_sink table_{};
};

class GroupCatcher {
public:
    explicit GroupCatcher(SeenGroups &seen) {
        seen = {};
        table_ = {.struct_size = sizeof table_,
                  .reserved = 0,
                  .data = &seen,
                  .emit = [](void *data, const drv_group *row) -> drv_status {
                      SeenGroup group{.id = std::string(view_of(row->id)),
                                      .name = std::string(view_of(row->name)),
                                      .backend_id = std::string(view_of(row->backend_id)),
                                      .parent = std::string(view_of(row->parent)),
                                      .members = {}};
                      for (std::uint64_t i = 0; i < row->member_count; ++i)
                          group.members.emplace_back(view_of(row->members[i]));
                      std::sort(group.members.begin(), group.members.end());
                      static_cast<SeenGroups *>(data)->rows.push_back(std::move(group));
                      return DRV_OK;
                  },
                  .next_page = [](void *data, drv_str token) -> drv_status {
                      static_cast<SeenGroups *>(data)->next_token = view_of(token);
                      return DRV_OK;
                  }};
    }
    [[nodiscard]] const drv_group_sink *get() const { return &table_; }

private:
    drv_group_sink table_{};
};

std::vector<drv_str> texts(const Ids &ids) {
    std::vector<drv_str> all;
    for (const std::string &id : ids)
        all.push_back(to_abi(id));
    return all;
}

drv_status change_group(Agent &agent, bool is_create, std::string_view id, const Ids &add, const Ids &remove,
                        SeenGroups &seen) {
    const GroupCatcher sink(seen);
    const auto added = texts(add);
    const auto removed = texts(remove);
    const drv_group_req request = {.struct_size = sizeof request,
                                   .reserved = 0,
                                   .flags = 0,
                                   .id = to_abi(id),
                                   .name = to_abi("a group"),
                                   .add = added.data(),
                                   .add_count = added.size(),
                                   .remove = removed.data(),
                                   .remove_count = removed.size()};
    const auto &table = agent.extension<drv_group_v1>(DRV_EXT_GROUP);
    return (is_create ? table.create : table.update)(agent.instance(), agent.begin(), &request, sink.get());
}

drv_adopt_req adopt_request(std::string_view backend_id, std::string_view id, std::string_view volume_id) {
    return {.struct_size = sizeof(drv_adopt_req),
            .reserved = 0,
            .flags = 0,
            .backend_id = to_abi(backend_id),
            .id = to_abi(id),
            .name = to_abi("adopted"),
            .volume_id = to_abi(volume_id)};
}

const drv_manage_v1 &manage(Agent &agent) {
    return agent.extension<drv_manage_v1>(DRV_EXT_MANAGE);
}

drv_list_req page(std::uint64_t max, std::string_view token) {
    return {.struct_size = sizeof(drv_list_req),
            .reserved = 0,
            .flags = 0,
            .max_entries = max,
            .page_token = to_abi(token)};
}

} // namespace

drv_status list_unmanaged(Agent &agent, std::uint64_t max, std::string_view token) {
    const drv_list_req request = page(max, token);
    const drv_call *made = agent.begin();
    return manage(agent).list_unmanaged(agent.instance(), made, &request, agent.volumes->get());
}

drv_status adopt(Agent &agent, std::string_view backend_id, std::string_view id, std::string_view volume_id) {
    const drv_adopt_req request = adopt_request(backend_id, id, volume_id);
    const drv_call *made = agent.begin();
    return manage(agent).adopt(agent.instance(), made, &request, agent.volumes->get());
}

drv_status release(Agent &agent, std::string_view id) {
    const drv_call *made = agent.begin();
    return manage(agent).release(agent.instance(), made, to_abi(id), 0, agent.volumes->get());
}

drv_status list_unmanaged_snapshots(Agent &agent, std::string_view volume_id) {
    const drv_list_req request = page(0, "");
    const drv_call *made = agent.begin();
    return manage(agent).list_unmanaged_snapshots(agent.instance(), made, to_abi(volume_id), &request,
                                                  agent.volumes->get());
}

drv_status adopt_snapshot(Agent &agent, std::string_view backend_id, std::string_view id,
                          std::string_view volume_id) {
    const drv_adopt_req request = adopt_request(backend_id, id, volume_id);
    const drv_call *made = agent.begin();
    return manage(agent).adopt_snapshot(agent.instance(), made, &request, agent.volumes->get());
}

drv_status release_snapshot(Agent &agent, std::string_view id) {
    const drv_call *made = agent.begin();
    return manage(agent).release_snapshot(agent.instance(), made, to_abi(id), 0, agent.volumes->get());
}

drv_status retype(Agent &agent, std::string_view id, std::string_view profile, std::uint64_t flags,
                  std::string_view pool) {
    const drv_retype_req request = {.struct_size = sizeof request,
                                    .reserved = 0,
                                    .flags = flags,
                                    .id = to_abi(id),
                                    .profile = to_abi(profile),
                                    .pool = to_abi(pool)};
    const drv_call *made = agent.begin();
    return agent.extension<drv_retype_v1>(DRV_EXT_RETYPE)
        .retype(agent.instance(), made, &request, agent.volumes->get());
}

drv_status fence(Agent &agent, std::string_view node, std::uint64_t flags) {
    const drv_call *made = agent.begin();
    return agent.extension<drv_fence_v1>(DRV_EXT_FENCE)
        .fence(agent.instance(), made, to_abi(node), flags, agent.volumes->get());
}

drv_status volume_stats(Agent &agent, std::string_view id, SeenStats &seen) {
    const StatsCatcher sink(seen);
    return agent.extension<drv_stats_v1>(DRV_EXT_STATS)
        .volume(agent.instance(), agent.begin(), to_abi(id), sink.get());
}

drv_status list_stats(Agent &agent, SeenStats &seen, std::uint64_t max, std::string_view token) {
    const StatsCatcher sink(seen);
    const drv_list_req request = {.struct_size = sizeof request,
                                  .reserved = 0,
                                  .flags = 0,
                                  .max_entries = max,
                                  .page_token = to_abi(token)};
    return agent.extension<drv_stats_v1>(DRV_EXT_STATS)
        .volumes(agent.instance(), agent.begin(), &request, sink.get());
}

drv_status pool_stats(Agent &agent, SeenStats &seen) {
    const StatsCatcher sink(seen);
    return agent.extension<drv_stats_v1>(DRV_EXT_STATS).pools(agent.instance(), agent.begin(), sink.get());
}

drv_status group_create(Agent &agent, std::string_view id, const Ids &add, SeenGroups &seen,
                        const Ids &remove) {
    return change_group(agent, true, id, add, remove, seen);
}

drv_status group_update(Agent &agent, std::string_view id, const Ids &add, const Ids &remove,
                        SeenGroups &seen) {
    return change_group(agent, false, id, add, remove, seen);
}

drv_status group_destroy(Agent &agent, std::string_view id) {
    return agent.extension<drv_group_v1>(DRV_EXT_GROUP)
        .destroy(agent.instance(), agent.begin(), to_abi(id), 0);
}

drv_status group_get(Agent &agent, std::string_view id, SeenGroups &seen) {
    const GroupCatcher sink(seen);
    return agent.extension<drv_group_v1>(DRV_EXT_GROUP)
        .get(agent.instance(), agent.begin(), to_abi(id), sink.get());
}

drv_status group_list(Agent &agent, SeenGroups &seen, std::uint64_t max, std::string_view token) {
    const GroupCatcher sink(seen);
    const drv_list_req request = {.struct_size = sizeof request,
                                  .reserved = 0,
                                  .flags = 0,
                                  .max_entries = max,
                                  .page_token = to_abi(token)};
    return agent.extension<drv_group_v1>(DRV_EXT_GROUP)
        .list(agent.instance(), agent.begin(), &request, sink.get());
}

drv_status group_snapshot(Agent &agent, std::string_view group, std::string_view id, const Pairs &snapshots,
                          SeenGroups &seen) {
    const GroupCatcher sink(seen);
    std::vector<drv_kv> rows;
    for (const auto &[volume, snapshot] : snapshots)
        rows.push_back({to_abi(volume), to_abi(snapshot)});
    const drv_group_snapshot_req request = {.struct_size = sizeof request,
                                            .reserved = 0,
                                            .flags = 0,
                                            .group_id = to_abi(group),
                                            .id = to_abi(id),
                                            .name = to_abi("before"),
                                            .snapshots = rows.data(),
                                            .snapshot_count = rows.size()};
    return agent.extension<drv_group_v1>(DRV_EXT_GROUP)
        .snapshot(agent.instance(), agent.begin(), &request, sink.get());
}

drv_status group_snapshot_destroy(Agent &agent, std::string_view id) {
    return agent.extension<drv_group_v1>(DRV_EXT_GROUP)
        .snapshot_destroy(agent.instance(), agent.begin(), to_abi(id), 0);
}

drv_status group_snapshot_list(Agent &agent, std::string_view group, SeenGroups &seen) {
    const GroupCatcher sink(seen);
    const drv_list_req request = {
        .struct_size = sizeof request, .reserved = 0, .flags = 0, .max_entries = 0, .page_token = to_abi("")};
    return agent.extension<drv_group_v1>(DRV_EXT_GROUP)
        .snapshot_list(agent.instance(), agent.begin(), to_abi(group), &request, sink.get());
}

} // namespace loopback::testing
