#include "loader/wire/tags.hpp"

#include <algorithm>
#include <array>

namespace drover::wire {
namespace {

struct Row {
    WireOp op;
    std::string_view name;
    bool mutating;
};

constexpr std::array kOps = {
    Row{WireOp::open, "open", false},
    Row{WireOp::close, "close", false},
    Row{WireOp::probe, "probe", false},
    Row{WireOp::capabilities, "capabilities", false},
    Row{WireOp::create, "create", true},
    Row{WireOp::destroy, "destroy", true},
    Row{WireOp::attach, "attach", true},
    Row{WireOp::detach, "detach", true},
    Row{WireOp::resolve, "resolve", false},
    Row{WireOp::get, "get", false},
    Row{WireOp::list, "list", false},
    Row{WireOp::snapshot_create, "snapshot.create", true},
    Row{WireOp::snapshot_destroy, "snapshot.destroy", true},
    Row{WireOp::snapshot_get, "snapshot.get", false},
    Row{WireOp::snapshot_list, "snapshot.list", false},
    Row{WireOp::snapshot_clone, "snapshot.clone", true},
    Row{WireOp::snapshot_revert, "snapshot.revert", true},
    Row{WireOp::clone, "clone", true},
    Row{WireOp::extend, "extend", true},
    Row{WireOp::profiles, "profiles", false},
    Row{WireOp::group_create, "group.create", true},
    Row{WireOp::group_update, "group.update", true},
    Row{WireOp::group_destroy, "group.destroy", true},
    Row{WireOp::group_get, "group.get", false},
    Row{WireOp::group_list, "group.list", false},
    Row{WireOp::group_snapshot, "group.snapshot", true},
    Row{WireOp::group_snapshot_destroy, "group.snapshot_destroy", true},
    Row{WireOp::group_snapshot_list, "group.snapshot_list", false},
    Row{WireOp::list_unmanaged, "manage.list_unmanaged", false},
    Row{WireOp::adopt, "manage.adopt", true},
    Row{WireOp::release, "manage.release", true},
    Row{WireOp::list_unmanaged_snapshots, "manage.list_unmanaged_snapshots", false},
    Row{WireOp::adopt_snapshot, "manage.adopt_snapshot", true},
    Row{WireOp::release_snapshot, "manage.release_snapshot", true},
    Row{WireOp::retype, "retype", true},
    Row{WireOp::volume_stats, "stats.volume", false},
    Row{WireOp::list_stats, "stats.volumes", false},
    Row{WireOp::pool_stats, "stats.pools", false},
    Row{WireOp::qos_supported, "qos.supported", false},
    Row{WireOp::qos_get, "qos.get", false},
    Row{WireOp::qos_set, "qos.set", true},
    Row{WireOp::qos_clear, "qos.clear", true},
    Row{WireOp::fence, "fence", true},
};

const Row *find(WireOp op) noexcept {
    const auto *const found =
        std::find_if(kOps.begin(), kOps.end(), [&](const Row &row) { return row.op == op; });
    return found == kOps.end() ? nullptr : found;
}

} // namespace

std::string_view name_of(WireOp op) noexcept {
    const Row *const row = find(op);
    return row == nullptr ? "an unknown op" : row->name;
}

bool is_mutating(WireOp op) noexcept {
    const Row *const row = find(op);
    return row != nullptr && row->mutating;
}

} // namespace drover::wire
