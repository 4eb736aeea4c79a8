#include "loader/metrics.hpp"

#include <algorithm>

namespace drover {
namespace {

struct Row {
    std::string_view name;
    bool mutating;
};

constexpr std::array<Row, kOpCount> kOps = {{
    {"probe", false},
    {"capabilities", false},
    {"create", true},
    {"destroy", true},
    {"attach", true},
    {"detach", true},
    {"resolve", false},
    {"get", false},
    {"list", false},
    {"snapshot.create", true},
    {"snapshot.destroy", true},
    {"snapshot.get", false},
    {"snapshot.list", false},
    {"snapshot.clone", true},
    {"snapshot.revert", true},
    {"clone", true},
    {"extend", true},
    {"retype", true},
    {"manage.list_unmanaged", false},
    {"manage.adopt", true},
    {"manage.release", true},
    {"manage.list_unmanaged_snapshots", false},
    {"manage.adopt_snapshot", true},
    {"manage.release_snapshot", true},
    {"qos.supported", false},
    {"qos.get", false},
    {"qos.set", true},
    {"qos.clear", true},
    {"stats.pools", false},
    {"fence", true},
    {"group.create", true},
    {"group.update", true},
    {"group.destroy", true},
    {"group.get", false},
    {"group.snapshot", true},
    {"group.snapshot_destroy", true},
    {"profiles", false},
}};

} // namespace

std::string_view name_of(Op op) noexcept {
    return kOps[static_cast<std::size_t>(op)].name;
}

bool is_mutating(Op op) noexcept {
    return kOps[static_cast<std::size_t>(op)].mutating;
}

std::vector<OpMetrics> CallMetrics::read() const {
    std::vector<OpMetrics> result;
    result.reserve(kOpCount);
    for (std::size_t i = 0; i < kOpCount; ++i) {
        const Counters &row = rows_[i];
        // Ended before begun, so that the difference cannot be negative but for reordering.
        const std::uint64_t ended = row.ended.load(std::memory_order_relaxed);
        const std::uint64_t calls = row.calls.load(std::memory_order_relaxed);
        result.push_back(OpMetrics{.op = kOps[i].name,
                                   .calls = calls,
                                   .failures = row.failures.load(std::memory_order_relaxed),
                                   .in_flight = calls - std::min(ended, calls),
                                   .total_ns = row.total_ns.load(std::memory_order_relaxed)});
    }
    return result;
}

} // namespace drover
