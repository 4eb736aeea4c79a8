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
