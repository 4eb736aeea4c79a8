// Of InProcessDriver: statistics, fencing and groups.
#include "loader/host_text.hpp"
#include "loader/in_process_run.hpp"
#include "loader/invoke.hpp"
#include "loader/rows_sink.hpp"

namespace drover {
namespace {

constexpr std::size_t kMaxPools = 65536;

std::vector<drv_str> borrow_all(const std::vector<std::string> &texts) {
    std::vector<drv_str> borrowed;
    borrowed.reserve(texts.size());
    for (const auto &text : texts)
        borrowed.push_back(borrow(text));
    return borrowed;
}

// Borrows the C++ request, which outlives the call.
struct GroupArguments {
    explicit GroupArguments(const GroupRequest &request)
        : add(borrow_all(request.add)), remove(borrow_all(request.remove)) {
        value = {.struct_size = sizeof value,
                 .reserved = 0,
                 .flags = 0,
                 .id = borrow(request.id),
                 .name = borrow(request.name),
                 .add = add.data(),
                 .add_count = add.size(),
                 .remove = remove.data(),
                 .remove_count = remove.size()};
    }
    std::vector<drv_str> add;
    std::vector<drv_str> remove;
    drv_group_req value;
};

struct GroupSnapshotArguments {
    explicit GroupSnapshotArguments(const GroupSnapshotRequest &request) {
        rows.reserve(request.snapshots.size());
        for (const auto &[volume, snapshot] : request.snapshots)
            rows.push_back(drv_kv{borrow(volume), borrow(snapshot)});
        value = {.struct_size = sizeof value,
                 .reserved = 0,
                 .flags = 0,
                 .group_id = borrow(request.group_id),
                 .id = borrow(request.id),
                 .name = borrow(request.name),
                 .snapshots = rows.data(),
                 .snapshot_count = rows.size()};
    }
    std::vector<drv_kv> rows;
    drv_group_snapshot_req value;
};

} // namespace

Result<std::vector<BackendStats>> InProcessDriver::pool_stats(const CallContext &call) {
    const drv_stats_v1 *table = extensions_.stats();
    if (table == nullptr)
        return fail(not_offered(Op::pool_stats, DRV_EXT_STATS));
    return run<std::vector<BackendStats>>(Op::pool_stats, call, {}, [&](CallBridge &bridge) {
        PoolStatsSink sink(kMaxPools);
        const auto status = invoke(table->pools, instance_, bridge.get(), sink.get());
        return sink.take(bridge, status);
    });
}

Result<std::vector<BackendVolume>> InProcessDriver::fence(const CallContext &call, std::string_view node_id) {
    using Volumes = std::vector<BackendVolume>;
    const drv_fence_v1 *table = extensions_.fence();
    if (table == nullptr)
        return fail(not_offered(Op::fence, DRV_EXT_FENCE));
    return run<Volumes>(Op::fence, call, {}, [&](CallBridge &bridge) -> Result<Volumes> {
        const HostText node(node_id);
        Volumes volumes;
        const Visitor keep = [&](BackendVolume &&volume) {
            volumes.push_back(std::move(volume));
            return true;
        };
        const PageRequest whole;
        PageSink sink(keep, whole);
        const auto status =
            invoke(table->fence, instance_, bridge.get(), node.get(), std::uint64_t{0}, sink.get());
        const auto next = sink.take(bridge, status);
        if (!next)
            return fail(next.error());
        if (*next)
            return fail(driver_bug(bridge.op(), "gave a page token, but is no listing"));
        return volumes;
    });
}

Result<BackendGroup> InProcessDriver::group_create(const CallContext &call, const GroupRequest &request) {
    const drv_group_v1 *table = extensions_.group();
    if (table == nullptr)
        return fail(not_offered(Op::group_create, DRV_EXT_GROUP));
    return run<BackendGroup>(Op::group_create, call, {request.id}, [&](CallBridge &bridge) {
        const GroupArguments arguments(request);
        GroupSink sink(1);
        const auto status = invoke(table->create, instance_, bridge.get(), &arguments.value, sink.get());
        return sink.take_one(bridge, status, request.id);
    });
}

Result<BackendGroup> InProcessDriver::group_update(const CallContext &call, const GroupRequest &request) {
    const drv_group_v1 *table = extensions_.group();
    if (table == nullptr)
        return fail(not_offered(Op::group_update, DRV_EXT_GROUP));
    return run<BackendGroup>(Op::group_update, call, {request.id}, [&](CallBridge &bridge) {
        const GroupArguments arguments(request);
        GroupSink sink(1);
        const auto status = invoke(table->update, instance_, bridge.get(), &arguments.value, sink.get());
        return sink.take_one(bridge, status, request.id);
    });
}

Result<void> InProcessDriver::group_destroy(const CallContext &call, std::string_view group_id) {
    const drv_group_v1 *table = extensions_.group();
    if (table == nullptr)
        return fail(not_offered(Op::group_destroy, DRV_EXT_GROUP));
    return run<void>(Op::group_destroy, call, {group_id}, [&](CallBridge &bridge) {
        const HostText text(group_id);
        return bridge.result(invoke(table->destroy, instance_, bridge.get(), text.get(), std::uint64_t{0}));
    });
}

Result<BackendGroup> InProcessDriver::group_get(const CallContext &call, std::string_view group_id) {
    const drv_group_v1 *table = extensions_.group();
    if (table == nullptr)
        return fail(not_offered(Op::group_get, DRV_EXT_GROUP));
    return run<BackendGroup>(Op::group_get, call, {}, [&](CallBridge &bridge) {
        const HostText text(group_id);
        GroupSink sink(1);
        const auto status = invoke(table->get, instance_, bridge.get(), text.get(), sink.get());
        return sink.take_one(bridge, status, group_id);
    });
}

Result<BackendGroup> InProcessDriver::group_snapshot(const CallContext &call,
                                                     const GroupSnapshotRequest &request) {
    const drv_group_v1 *table = extensions_.group();
    if (table == nullptr)
        return fail(not_offered(Op::group_snapshot, DRV_EXT_GROUP));
    return run<BackendGroup>(
        Op::group_snapshot, call, {request.group_id, request.id}, [&](CallBridge &bridge) {
            const GroupSnapshotArguments arguments(request);
            GroupSink sink(1);
            const auto status =
                invoke(table->snapshot, instance_, bridge.get(), &arguments.value, sink.get());
            return sink.take_one(bridge, status, request.id);
        });
}

Result<void> InProcessDriver::group_snapshot_destroy(const CallContext &call, std::string_view snapshot_id) {
    const drv_group_v1 *table = extensions_.group();
    if (table == nullptr)
        return fail(not_offered(Op::group_snapshot_destroy, DRV_EXT_GROUP));
    return run<void>(Op::group_snapshot_destroy, call, {snapshot_id}, [&](CallBridge &bridge) {
        const HostText text(snapshot_id);
        return bridge.result(
            invoke(table->snapshot_destroy, instance_, bridge.get(), text.get(), std::uint64_t{0}));
    });
}

} // namespace drover
