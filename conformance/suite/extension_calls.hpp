// Calls of Instance for drv.group, drv.manage, drv.retype, drv.stats, drv.qos and drv.fence: the driver is
// handed what the test says, rows come back as they were emitted, and tracker and model learn of it. Only
// where the extension is offered.
#pragma once

#include "conformance/suite/instance.hpp"
#include "drover/ext/fence.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/qos.h"
#include "drover/ext/retype.h"
#include "drover/ext/stats.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

struct GroupRow {
    std::string id, name, backend_id, parent;
    std::vector<std::string> members; // sorted
    bool operator==(const GroupRow &) const = default;
};

struct GroupArguments {
    std::string id;
    std::string name = {};
    std::vector<std::string> add = {}, remove = {};
    std::uint64_t flags = 0;
};

struct GroupSnapshotArguments {
    std::string group_id, id;
    std::string name = {};
    std::vector<std::pair<std::string, std::string>> snapshots = {}; // volume id, snapshot id
    std::uint64_t flags = 0;
};

struct AdoptArguments {
    std::string backend_id, id;
    std::string name = {};
    std::string volume_id = {};
    std::uint64_t flags = 0;
};

struct RetypeArguments {
    std::string id;
    std::string profile = {}, pool = {};
    std::uint64_t flags = 0;
};

struct StatsRow {
    std::string id;
    drv_stats numbers{}; // without its texts
};

class ExtensionCalls {
public:
    explicit ExtensionCalls(Instance &instance) : of_(instance) {}

    // What the last call of a group or statistics op emitted; volumes are in the answer.
    [[nodiscard]] const std::vector<GroupRow> &groups() const noexcept { return groups_; }
    [[nodiscard]] const std::vector<StatsRow> &stats() const noexcept { return stats_; }

    Answer group_create(const GroupArguments &arguments, const CallOptions &options = {});
    Answer group_update(const GroupArguments &arguments, const CallOptions &options = {});
    Answer group_destroy(std::string_view id, std::uint64_t flags = 0, const CallOptions &options = {});
    Answer group_get(std::string_view id, const CallOptions &options = {});
    Answer group_list(const ListArguments &arguments = {}, const CallOptions &options = {});
    Answer group_snapshot(const GroupSnapshotArguments &arguments, const CallOptions &options = {});
    // `members`: ids of the snapshots that are gone with it.
    Answer group_snapshot_destroy(std::string_view id, const std::vector<std::string> &members = {},
                                  std::uint64_t flags = 0, const CallOptions &options = {});
    Answer group_snapshot_list(std::string_view group_id, const ListArguments &arguments = {},
                               const CallOptions &options = {});

    Answer list_unmanaged(const ListArguments &arguments = {}, const CallOptions &options = {});
    Answer adopt(const AdoptArguments &arguments, const CallOptions &options = {});
    Answer release(std::string_view id, std::uint64_t flags = 0, const CallOptions &options = {});
    Answer list_unmanaged_snapshots(std::string_view volume_id, const ListArguments &arguments = {},
                                    const CallOptions &options = {});
    Answer adopt_snapshot(const AdoptArguments &arguments, const CallOptions &options = {});
    Answer release_snapshot(std::string_view id, std::uint64_t flags = 0, const CallOptions &options = {});

    Answer retype(const RetypeArguments &arguments, const CallOptions &options = {});

    Answer volume_stats(std::string_view id, const CallOptions &options = {});
    Answer list_stats(const ListArguments &arguments = {}, const CallOptions &options = {});
    Answer pool_stats(const CallOptions &options = {});

    // What they write is in `limits`, whatever they answer.
    Answer qos_supported(std::uint64_t &limits, const CallOptions &options = {});
    Answer qos_get(std::string_view id, drv_qos &limits, const CallOptions &options = {});
    Answer qos_set(std::string_view id, const drv_qos &limits, const CallOptions &options = {});
    Answer qos_clear(std::string_view id, const CallOptions &options = {});

    Answer fence(std::string_view node, std::uint64_t flags = 0, const CallOptions &options = {});

private:
    template <typename Table>
    const Table &table(std::string_view id);
    Answer change_group(std::string_view op, bool is_create, const GroupArguments &arguments,
                        const CallOptions &options);
    // Where profiles are limits, the volume may have another one now.
    void note_profile(std::string_view id, const Answer &answer);
    Answer take(std::string_view op, bool is_snapshot, const AdoptArguments &arguments,
                const CallOptions &options);

    Instance &of_;
    std::vector<GroupRow> groups_;
    std::vector<StatsRow> stats_;
};

} // namespace drover::conformance
