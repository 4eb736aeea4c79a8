// Get and list, of volumes and of snapshots, from the index.
#include "driver.hpp"
#include "names.hpp"

#include <map>

namespace loopback {

drv::Volume Loopback::get_object(const Shelf &shelf, Index &index, std::string_view id) const {
    auto entry = index.get(key_of(id));
    if (!entry || !shelf.is_shown(entry->group_snapshot)) {
        throw drv::Error(drv::Code::not_found, std::string("there is no ") +
                                                   (&shelf == &volumes_ ? "volume " : "snapshot ") +
                                                   quoted(id));
    }
    drv::Volume volume = std::move(entry->volume);
    volume.id = id;
    if (!entry->is_damaged)
        volume.attributes.push_back({"image", shelf.path_of({.image = entry->image})});
    volume.is_snapshot = &shelf == &snapshots_;
    return volume;
}

void Loopback::list_objects(const drv::Call &call, const Shelf &shelf, Index &index, std::string_view parent,
                            const drv::ListRequest &request, drv::VolumeSink &sink) const {
    const auto entries = index.all(call);
    std::map<std::string, bool> is_shown; // by group snapshot
    drv::Volume row;
    emit_entries(call, request, sink, *entries, [&](const Index::Entry &entry) -> const drv::Volume * {
        // Whose a damaged snapshot is cannot be told, so it is shown among all only.
        if (!parent.empty() && entry.volume.parent.view() != parent)
            return nullptr;
        if (!entry.group_snapshot.empty()) {
            const auto [known, is_new] = is_shown.try_emplace(entry.group_snapshot, false);
            if (is_new)
                known->second = shelf.is_shown(entry.group_snapshot);
            if (!known->second)
                return nullptr;
        }
        if (entry.volume.id.empty()) {
            host_.warn("an object is left out of the list: " + entry.volume.attributes.front().value.str());
            return nullptr;
        }
        if (!entry.is_attached && !entry.is_damaged)
            return &entry.volume;
        row = entry.volume;
        row.is_snapshot = &shelf == &snapshots_;
        // Only these grow without a change of their metadata.
        if (const auto image = entry.is_damaged ? std::nullopt : shelf.status_of_image(entry.image))
            row.used_bytes = image->used_bytes;
        return &row;
    });
}

void Loopback::list(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink) {
    list_objects(call, volumes_, volume_index_, {}, request, sink);
}

drv::Volume Loopback::get(drv::Call & /*call*/, std::string_view id) {
    return get_object(volumes_, volume_index_, id);
}

void Loopback::snapshot_list(drv::Call &call, std::string_view volume_id, const drv::ListRequest &request,
                             drv::VolumeSink &sink) {
    list_objects(call, snapshots_, snapshot_index_, volume_id, request, sink);
}

drv::Volume Loopback::snapshot_get(drv::Call & /*call*/, std::string_view id) {
    return get_object(snapshots_, snapshot_index_, id);
}

// The caller holds the volume's lock, without which no snapshot of it comes to be.
std::size_t Loopback::count_snapshots(const drv::Call &call, std::string_view volume_id) {
    const auto entries = snapshot_index_.all(call);
    return static_cast<std::size_t>(
        std::count_if(entries->begin(), entries->end(), [&](const Index::EntryPtr &entry) {
            return entry->volume.parent.view() == volume_id && snapshots_.is_shown(entry->group_snapshot);
        }));
}

} // namespace loopback
