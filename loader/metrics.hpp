// Counts and times of the calls of one open driver, by op. Written from every worker at once, so each op has
// its own cache line and nothing is ordered; a reader sees numbers that were true at nearly the same time.
#pragma once

#include "loader/driver.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace drover {

enum class Op : unsigned {
    probe,
    capabilities,
    create,
    destroy,
    attach,
    detach,
    resolve,
    get,
    list,
    snapshot_create,
    snapshot_destroy,
    snapshot_get,
    snapshot_list,
    snapshot_clone,
    snapshot_revert,
    clone,
    extend,
    retype,
    list_unmanaged,
    adopt,
    release,
    list_unmanaged_snapshots,
    adopt_snapshot,
    release_snapshot,
    qos_supported,
    qos_get,
    qos_set,
    qos_clear,
    pool_stats,
    fence,
    group_create,
    group_update,
    group_destroy,
    group_get,
    group_snapshot,
    group_snapshot_destroy,
    profiles,
};
inline constexpr std::size_t kOpCount = static_cast<std::size_t>(Op::profiles) + 1;

// "create", "snapshot.clone"; a literal.
std::string_view name_of(Op op) noexcept;
// Does the op change something on the backend?
bool is_mutating(Op op) noexcept;

class CallMetrics {
public:
    void begin(Op op) noexcept { of(op).calls.fetch_add(1, std::memory_order_relaxed); }
    void end(Op op, bool ok, std::chrono::nanoseconds took) noexcept {
        Counters &row = of(op);
        row.ended.fetch_add(1, std::memory_order_relaxed);
        row.total_ns.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
        if (!ok)
            row.failures.fetch_add(1, std::memory_order_relaxed);
    }
    // One row for each op, also those never called.
    [[nodiscard]] std::vector<OpMetrics> read() const;

private:
    struct alignas(64) Counters {
        std::atomic<std::uint64_t> calls = 0, ended = 0, failures = 0, total_ns = 0;
    };
    Counters &of(Op op) noexcept { return rows_[static_cast<std::size_t>(op)]; }

    std::array<Counters, kOpCount> rows_;
};

} // namespace drover
