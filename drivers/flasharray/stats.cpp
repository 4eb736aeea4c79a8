// What the array tells of space and load. It counts no operations since a start, only rates of the moment:
// those are attributes.
#include "drivers/flasharray/driver.hpp"
#include "drover/sdk/paging.hpp"

#include <algorithm>
#include <cmath>

namespace flasharray {

namespace {

std::uint64_t now_unix_ns() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

// 4.0 to 1 is 250 physical bytes per thousand.
std::uint64_t permille_of(const std::optional<double> &reduction) {
    if (!reduction || *reduction < 0.001)
        return DRV_UNKNOWN;
    return static_cast<std::uint64_t>(std::llround(1000.0 / *reduction));
}

void add(drv::Stats &stats, const char *key, const std::optional<std::uint64_t> &value) {
    if (value)
        stats.attributes.push_back({key, std::to_string(*value)});
}

void add_permille(drv::Stats &stats, const char *key, const std::optional<double> &value) {
    if (value)
        stats.attributes.push_back({key, std::to_string(std::llround(*value * 1000))});
}

drv::Stats of_volume(std::string id, const SpaceRow &space, std::optional<std::uint64_t> bytes) {
    drv::Stats stats{.id = std::move(id), .taken_unix_ns = now_unix_ns()};
    stats.provisioned_bytes = bytes.value_or(DRV_UNKNOWN);
    stats.total_bytes = bytes.value_or(DRV_UNKNOWN);
    stats.used_bytes = space.total.value_or(DRV_UNKNOWN);
    stats.saved_permille = permille_of(space.data_reduction);
    add(stats, "volume_bytes", space.volumes);
    add(stats, "snapshot_bytes", space.snapshots);
    add_permille(stats, "thin_provisioning_permille", space.thin_provisioning);
    add_permille(stats, "total_reduction_permille", space.total_reduction);
    return stats;
}

} // namespace

drv::Stats FlashArray::volume_stats(drv::Call &call, std::string_view id) {
    const Located volume = must_find(call, id);
    const auto space = objects_.volume_space(call, volume.row.name);
    if (!space)
        throw drv::Error(drv::Code::not_found, "volume " + std::string(id) + " went away on the array");
    return of_volume(std::string(id), *space, volume.row.bytes);
}

void FlashArray::list_volume_stats(drv::Call &call, const drv::ListRequest &request, drv::StatsSink &sink) {
    std::map<std::string, SpaceRow, std::less<>> rows; // by id
    for (SpaceRow &row : objects_.volumes_space(call)) {
        auto name = names_.read_volume(row.name);
        if (!name || name->kind != NameKind::volume || (name->is_flocker && rows.contains(name->id)))
            continue;
        rows.insert_or_assign(std::move(name->id), std::move(row));
    }
    std::vector<std::string> ids;
    ids.reserve(rows.size());
    for (const auto &[id, row] : rows)
        ids.push_back(id);
    drv::emit_page(call, request, sink, ids, [&](std::string_view id) {
        const SpaceRow &row = rows.find(id)->second;
        return std::optional(of_volume(std::string(id), row, row.size));
    });
}

void FlashArray::pool_stats(drv::Call &call, drv::StatsSink &sink) {
    const ArrayRow array = objects_.array(call);
    const SpaceRow space = objects_.array_space(call);
    const LoadRow load = objects_.array_load(call);
    drv::Stats stats{.id = array.name, .taken_unix_ns = now_unix_ns()};
    std::uint64_t provisioned = 0;
    if (space.provisioned) {
        provisioned = *space.provisioned;
    } else { // what was destroyed counts until it is eradicated
        for (const VolumeRow &row : objects_.volumes_and_destroyed(call))
            provisioned += row.bytes;
    }
    stats.provisioned_bytes = provisioned;
    stats.total_bytes = space.capacity.value_or(DRV_UNKNOWN);
    stats.used_bytes = space.total.value_or(DRV_UNKNOWN);
    if (space.capacity && space.total) // an overfull array says more than it has
        stats.used_bytes = std::min(*space.capacity, *space.total);
    stats.saved_permille = permille_of(space.data_reduction);
    add(stats, "volume_bytes", space.volumes);
    add(stats, "snapshot_bytes", space.snapshots);
    add(stats, "shared_bytes", space.shared);
    add(stats, "system_bytes", space.system);
    add_permille(stats, "thin_provisioning_permille", space.thin_provisioning);
    add_permille(stats, "total_reduction_permille", space.total_reduction);
    if (space.total && *space.total > 0 && provisioned > 0) {
        add_permille(stats, "oversubscription_permille",
                     static_cast<double>(provisioned) / static_cast<double>(*space.total));
    }
    add(stats, "reads_per_second", load.reads);
    add(stats, "writes_per_second", load.writes);
    add(stats, "read_bytes_per_second", load.bytes_out);
    add(stats, "written_bytes_per_second", load.bytes_in);
    add(stats, "read_latency_us", load.read_usec);
    add(stats, "write_latency_us", load.write_usec);
    add(stats, "queue_depth", load.queue_depth);
    if (!array.purity.empty())
        stats.attributes.push_back({"purity_version", array.purity});
    sink.emit(stats);
}

} // namespace flasharray
