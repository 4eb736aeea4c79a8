// Statistics: the space of each image from its filesystem, and of an attached volume what the kernel counts
// for its device. A device's counters go on when it gets another file, so attach writes down where they
// stood; they begin anew, with another epoch, at each attach.
#include "driver.hpp"
#include "names.hpp"

namespace loopback {
namespace {

// The kernel may not have counted down, but nothing here may wrap.
std::uint64_t since(std::uint64_t base, std::uint64_t now) {
    return now >= base ? now - base : 0;
}

} // namespace

drv::Stats Loopback::stats_of(const Object &object, std::string_view id) const {
    drv::Stats stats{.id = id, .taken_unix_ns = unix_now_ns()};
    if (!object.problem.empty())
        return stats; // nothing about it is certain
    const Metadata &metadata = object.metadata;
    stats.used_bytes = object.used_bytes;
    stats.provisioned_bytes = metadata.bytes;
    stats.total_bytes = metadata.bytes;
    stats.saved_permille = 1000; // images are neither compressed nor deduplicated
    const auto &attachment = metadata.attachment;
    if (!attachment || !attachment->counters || !live_device(object))
        return stats;
    if (const auto now = read_counters(attachment->device)) {
        const LoopCounters &base = *attachment->counters;
        stats.epoch = attachment->since_unix_ns;
        stats.read_ops = since(base.read_ops, now->read_ops);
        stats.write_ops = since(base.write_ops, now->write_ops);
        stats.read_bytes = since(base.read_bytes, now->read_bytes);
        stats.write_bytes = since(base.write_bytes, now->write_bytes);
        stats.read_latency_ns_sum = since(base.read_ns, now->read_ns);
        stats.write_latency_ns_sum = since(base.write_ns, now->write_ns);
    }
    return stats;
}

drv::Stats Loopback::volume_stats(drv::Call & /*call*/, std::string_view id) {
    const auto object = volumes_.load(key_of(id));
    if (!object)
        throw drv::Error(drv::Code::not_found, "there is no volume " + quoted(id));
    return stats_of(*object, id);
}

void Loopback::list_volume_stats(drv::Call &call, const drv::ListRequest &request, drv::StatsSink &sink) {
    const auto entries = volume_index_.all(call);
    drv::Stats row;
    emit_entries(call, request, sink, *entries, [&](const Index::Entry &entry) -> const drv::Stats * {
        if (entry.volume.id.empty())
            return nullptr;
        const auto object = volumes_.load(entry.key);
        if (!object)
            return nullptr;
        row = stats_of(*object, entry.volume.id.view());
        return &row;
    });
}

// There is no pool that could be named at create; what the filesystem has is told by the capabilities.
void Loopback::pool_stats(drv::Call & /*call*/, drv::StatsSink & /*sink*/) {}

} // namespace loopback
