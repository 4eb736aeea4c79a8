#include "extension_calls.hpp"

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

} // namespace

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

} // namespace loopback::testing
