// From records and what is true right now to what people see. Reads only.
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"

namespace drover {

std::string_view to_string(VolumeStatus status) noexcept {
    switch (status) {
    case VolumeStatus::creating:
        return "creating";
    case VolumeStatus::available:
        return "available";
    case VolumeStatus::in_use:
        return "in-use";
    case VolumeStatus::changing:
        return "changing";
    case VolumeStatus::elsewhere:
        return "elsewhere";
    case VolumeStatus::error:
        return "error";
    case VolumeStatus::lost:
        return "lost";
    case VolumeStatus::deleting:
        return "deleting";
    }
    return "error";
}

namespace {
VolumeStatus status_of(const VolumeRecord &record, const Live &live, bool busy) noexcept {
    if (record.desired == plan::Desired::destroy)
        return VolumeStatus::deleting;
    if (record.intent)
        return live.failure ? VolumeStatus::error : VolumeStatus::creating;
    if (live.lost)
        return VolumeStatus::lost;
    if (live.mounted)
        return VolumeStatus::in_use;
    if (busy)
        return VolumeStatus::changing;
    if (!live.holder.empty())
        return VolumeStatus::elsewhere;
    if (live.failure)
        return VolumeStatus::error;
    return VolumeStatus::available;
}
} // namespace

std::string Volumes::data_path(const VolumeRecord &record) const {
    const auto target = parts_.node.mount_target(record.id);
    return record.root.subfolder.empty() ? target.string() : (target / record.root.subfolder).string();
}

VolumeView Volumes::view(const VolumeRecord &record) const {
    const Live live = live_.get(record.id);
    VolumeView view{.id = record.id,
                    .name = record.name,
                    .backend = record.backend,
                    .backend_id = record.owner,
                    .bytes = record.bytes,
                    .profile = record.profile,
                    .pool = record.pool,
                    .fstype = record.fstype,
                    .device = live.device,
                    .uses = record.use_count(),
                    .created_unix_ns = record.created_unix_ns,
                    .created_by_us = record.created_by_us,
                    .error = live.failure,
                    .operation = operations_.running_on(record.name)};
    view.status = status_of(record, live, !view.operation.empty());
    if (record.format == plan::Format::done || record.format == plan::Format::inherited)
        view.fs_uuid = record.fs_uuid;
    if (live.mounted)
        view.mountpoint = data_path(record);
    view.node =
        !live.holder.empty() ? live.holder : (live.device.empty() ? std::string() : parts_.node.identity.id);
    if (record.source) {
        view.source = record.source->kind == VolumeSource::Kind::volume
                          ? "volume:" + record.source->volume
                          : "snapshot:" + record.source->snapshot;
    }
    return view;
}

VolumeView Volumes::view_of(const std::string &id) const {
    const auto record = journal_.volume(id);
    return record ? view(*record) : VolumeView{};
}

SnapshotView Volumes::view(const SnapshotRecord &record) const {
    const auto volume = journal_.volume(record.volume_id);
    return {.id = record.id,
            .name = record.name,
            .volume_id = record.volume_id,
            .volume = volume ? volume->name : std::string(),
            .backend = record.backend,
            .bytes = record.bytes,
            .created_unix_ns = record.created_unix_ns,
            .filesystem_consistent = record.filesystem_consistent,
            .status = std::string(to_string(record.state))};
}

Result<VolumeView> Volumes::get(const VolumeRef &ref) const {
    auto record = find_volume(journal_, ref);
    if (!record)
        return fail(std::move(record).error());
    return view(**record);
}

std::vector<VolumeView> Volumes::list(const std::string &backend) const {
    std::vector<VolumeView> views;
    for (const auto &record : journal_.volumes()) {
        if (backend.empty() || record->backend == backend)
            views.push_back(view(*record));
    }
    return views;
}

Result<std::vector<SnapshotView>> Volumes::snapshots(const std::optional<VolumeRef> &of) const {
    std::vector<Journal::SnapshotPtr> records;
    if (of) {
        auto volume = find_volume(journal_, *of);
        if (!volume)
            return fail(std::move(volume).error());
        records = journal_.snapshots_of((*volume)->id);
    } else {
        records = journal_.snapshots();
    }
    std::vector<SnapshotView> views;
    views.reserve(records.size());
    for (const auto &record : records)
        views.push_back(view(*record));
    return views;
}

Result<SnapshotView> Volumes::snapshot(const std::string &snapshot,
                                       const std::optional<VolumeRef> &of) const {
    auto record = find_snapshot(journal_, snapshot, of);
    if (!record)
        return fail(std::move(record).error());
    return view(**record);
}

std::vector<BackendView> Volumes::backends() const {
    return parts_.backends.views();
}

std::vector<OperationView> Volumes::operations() const {
    return operations_.list();
}

Result<OperationView> Volumes::operation(const std::string &id) const {
    return operations_.get(id);
}

std::uint64_t Volumes::watch_operation(const std::string &id, unsigned seen_permille,
                                       const std::string &seen_stage, std::function<void()> changed) {
    return operations_.watch(id, seen_permille, seen_stage, std::move(changed));
}

void Volumes::stop_watching(std::uint64_t token) {
    operations_.stop_watching(token);
}

} // namespace drover
