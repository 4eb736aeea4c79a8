// drv.stats/1 as methods. What each must do is at its slot in drover/ext/stats.h.
#pragma once

#include "drover/ext/stats.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <cstdint>
#include <string_view>
#include <vector>

namespace drv {

// Sums since a start of the backend's choosing; DRV_UNKNOWN where it does not count. See drv_stats.
struct Stats {
    Text id{}; // the volume's id, or the pool's name
    std::uint64_t taken_unix_ns = DRV_UNKNOWN;
    std::uint64_t epoch = 0;
    std::uint64_t read_ops = DRV_UNKNOWN, write_ops = DRV_UNKNOWN;
    std::uint64_t read_bytes = DRV_UNKNOWN, write_bytes = DRV_UNKNOWN;
    std::uint64_t read_latency_ns_sum = DRV_UNKNOWN, write_latency_ns_sum = DRV_UNKNOWN;
    std::uint64_t used_bytes = DRV_UNKNOWN, provisioned_bytes = DRV_UNKNOWN, total_bytes = DRV_UNKNOWN;
    std::uint64_t saved_permille = DRV_UNKNOWN;
    std::vector<Attribute> attributes{};
};

using StatsSink = Sink<Stats, drv_stats_sink>;

template <class T>
concept CountsStats = requires(T &driver, Call &call, std::string_view id, const ListRequest &list,
                               StatsSink &sink) {
    { driver.volume_stats(call, id) } -> std::convertible_to<Stats>;
    driver.list_volume_stats(call, list, sink);
    driver.pool_stats(call, sink);
};

namespace detail {

template <class T>
concept MentionsStats = requires {
    &T::volume_stats;
}
|| requires {
    &T::list_volume_stats;
}
|| requires {
    &T::pool_stats;
};

inline drv_stats lower(const Stats &from, Scratch &scratch) {
    scratch.take(from.attributes);
    return {.struct_size = sizeof(drv_stats),
            .reserved = 0,
            .flags = 0,
            .id = to_abi(from.id.view()),
            .taken_unix_ns = from.taken_unix_ns,
            .epoch = from.epoch,
            .read_ops = from.read_ops,
            .write_ops = from.write_ops,
            .read_bytes = from.read_bytes,
            .write_bytes = from.write_bytes,
            .read_latency_ns_sum = from.read_latency_ns_sum,
            .write_latency_ns_sum = from.write_latency_ns_sum,
            .used_bytes = from.used_bytes,
            .provisioned_bytes = from.provisioned_bytes,
            .total_bytes = from.total_bytes,
            .saved_permille = from.saved_permille,
            .attrs = scratch.attributes.data(),
            .attr_count = scratch.attributes.size()};
}
inline std::string_view flaw(const Stats &stats, const Scratch & /*unused*/) noexcept {
    return stats.id.empty() ? "statistics without an id were emitted" : "";
}

template <class T>
struct StatsTable {
    static drv_status volume(drv_instance *self, const drv_call *raw, drv_str id,
                             const drv_stats_sink *sink) noexcept {
        return run_one<T, StatsSink>(self, raw, Effect::none, sink, [&](T &driver, Call &call) {
            return driver.volume_stats(call, check_id("id", id));
        });
    }
    static drv_status volumes(drv_instance *self, const drv_call *raw, const drv_list_req *request,
                              const drv_stats_sink *sink) noexcept {
        return run_many<T, StatsSink>(self, raw, Effect::none, sink,
                                      [&](T &driver, Call &call, StatsSink &out) {
                                          driver.list_volume_stats(call, read(request), out);
                                      });
    }
    static drv_status pools(drv_instance *self, const drv_call *raw, const drv_stats_sink *sink) noexcept {
        return run_many<T, StatsSink>(
            self, raw, Effect::none, sink,
            [&](T &driver, Call &call, StatsSink &out) { driver.pool_stats(call, out); });
    }
    static constexpr drv_stats_v1 kTable = {.struct_size = sizeof(drv_stats_v1),
                                            .reserved = 0,
                                            .volume = &volume,
                                            .volumes = &volumes,
                                            .pools = &pools};
};

} // namespace detail
} // namespace drv
