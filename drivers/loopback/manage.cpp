// Volumes and snapshots that are there and not managed: listed, adopted under an id, and released again.
// Adopting never reads or writes data; the files are the business of shelf_unmanaged.cpp.
#include "driver.hpp"
#include "names.hpp"

#include <map>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

} // namespace

drv::Volume Loopback::to_unmanaged(const Shelf &shelf, const Stray &stray) const {
    Metadata known = stray.known.value_or(Metadata{.created_unix_ns = DRV_UNKNOWN});
    known.image = stray.image;
    drv::Volume volume{.is_snapshot = &shelf == &snapshots_,
                       .name = known.name,
                       .backend_id = stray.backend_id,
                       .profile = known.profile,
                       .parent = known.parent,
                       .bytes = stray.bytes,
                       .used_bytes = stray.used_bytes,
                       .created_unix_ns = known.created_unix_ns,
                       .attributes = {{"image", shelf.path_of(known)}}};
    std::string refused = stray.refused;
    const auto loops = find_loops({}, stray.file);
    if (refused.empty() && !loops.empty())
        refused = "it is in use as " + loops.front().path;
    if (!refused.empty()) {
        volume.attributes.push_back({"refused", refused});
        if (stray.bytes == 0) {
            volume.state = drv::VolumeState::faulted;
            volume.attributes.push_back({"problem", refused});
        }
    }
    return volume;
}

std::map<std::string, std::string> Loopback::ids_by_backend_id(const drv::Call &call, Index &index) {
    std::map<std::string, std::string> ids;
    const auto entries = index.all(call);
    for (const Index::EntryPtr &entry : *entries) {
        if (!entry->is_damaged)
            ids.emplace(entry->volume.backend_id.str(), entry->volume.id.str());
    }
    return ids;
}

void Loopback::list_unmanaged(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink) {
    const auto released = volumes_.released();
    drv::emit_page(call, request, sink, volumes_.stray_candidates(released),
                   [&](std::string_view backend_id) -> std::optional<drv::Volume> {
                       const auto stray = volumes_.load_stray(std::string(backend_id), released);
                       if (!stray)
                           return std::nullopt;
                       return to_unmanaged(volumes_, *stray);
                   });
}

// Only snapshots that were released: whose a file is that somebody put there nobody knows.
void Loopback::list_unmanaged_snapshots(drv::Call &call, std::string_view volume_id,
                                        const drv::ListRequest &request, drv::VolumeSink &sink) {
    const auto volumes = ids_by_backend_id(call, volume_index_);
    const auto released = snapshots_.released();
    drv::emit_page(call, request, sink, snapshots_.stray_candidates(released),
                   [&](std::string_view backend_id) -> std::optional<drv::Volume> {
                       const auto stray = snapshots_.load_stray(std::string(backend_id), released);
                       if (!stray || !stray->known)
                           return std::nullopt;
                       const auto volume = volumes.find(stray->known->volume_backend_id);
                       if (volume == volumes.end() || (!volume_id.empty() && volume->second != volume_id))
                           return std::nullopt;
                       drv::Volume snapshot = to_unmanaged(snapshots_, *stray);
                       snapshot.parent = volume->second;
                       return snapshot;
                   });
}

// The caller holds the locks of the new id and of the stray.
drv::Volume Loopback::take_over(const drv::Call &call, const Shelf &shelf, const drv::AdoptRequest &request,
                                const Metadata *volume) {
    const std::string key = key_of(request.id);
    const std::string what = volume == nullptr ? "volume" : "snapshot";
    const std::string wanted(request.backend_id);
    if (shelf.load(key)) {
        Object there = sound(shelf, request.id);
        if (there.metadata.backend_id != wanted ||
            there.metadata.parent != (volume == nullptr ? there.metadata.parent : volume->id)) {
            throw Error(Code::exists, what + " " + quoted(request.id) + " exists already, and is " +
                                          quoted(there.metadata.backend_id));
        }
        shelf.finish_adoption(there);
        return to_volume(std::move(there), key);
    }
    const auto managed = ids_by_backend_id(call, volume == nullptr ? volume_index_ : snapshot_index_);
    if (const auto other = managed.find(wanted); other != managed.end()) {
        throw Error(Code::conflict, what + " " + quoted(wanted) + " is managed already, with the id " +
                                        quoted(other->second));
    }
    const auto stray = shelf.load_stray(wanted, shelf.released());
    if (!stray || (volume != nullptr && !stray->known))
        throw Error(Code::not_found, "there is no unmanaged " + what + " " + quoted(wanted));
    if (volume != nullptr && stray->known->volume_backend_id != volume->backend_id) {
        throw Error(Code::conflict,
                    "snapshot " + quoted(wanted) + " is of another volume than " + quoted(volume->id));
    }
    if (!stray->refused.empty())
        throw Error(Code::conflict, what + " " + quoted(wanted) + " cannot be adopted: " + stray->refused);
    if (const auto loops = find_loops({}, stray->file); !loops.empty()) {
        throw Error(Code::conflict, what + " " + quoted(wanted) + " is in use as " + loops.front().path +
                                        "; detach that first");
    }
    shelf.clear(key);
    Metadata metadata = stray->known.value_or(Metadata{.created_unix_ns = DRV_UNKNOWN});
    metadata.kind = volume == nullptr ? Kind::volume : Kind::snapshot;
    metadata.id = request.id;
    metadata.name = request.name;
    metadata.backend_id = wanted;
    metadata.bytes = stray->bytes;
    metadata.attachment.reset();
    if (volume != nullptr)
        metadata.parent = volume->id;
    shelf.adopt(key, metadata, *stray);
    return to_volume(sound(shelf, request.id), key);
}

drv::Volume Loopback::adopt(drv::Call &call, const drv::AdoptRequest &request) {
    if (!request.volume_id.empty()) {
        throw Error(Code::invalid,
                    "volume_id is " + quoted(request.volume_id) + ", but a volume is to be adopted");
    }
    const Fd lock = locks_.lock(
        call, {{volumes_.lock_name(key_of(request.id))}, {volumes_.stray_lock_name(request.backend_id)}},
        "volume " + quoted(request.id) + " or " + quoted(request.backend_id));
    return take_over(call, volumes_, request, nullptr);
}

drv::Volume Loopback::adopt_snapshot(drv::Call &call, const drv::AdoptRequest &request) {
    const Fd lock = locks_.lock(call,
                                {{volumes_.lock_name(key_of(request.volume_id)), false},
                                 {snapshots_.lock_name(key_of(request.id))},
                                 {snapshots_.stray_lock_name(request.backend_id)}},
                                "snapshot " + quoted(request.id) + " or " + quoted(request.backend_id));
    const Object volume = sound(volumes_, request.volume_id);
    return take_over(call, snapshots_, request, &volume.metadata);
}

drv::Volume Loopback::release(drv::Call &call, std::string_view id) {
    const std::string key = key_of(id);
    const std::string backend_id = sound(volumes_, id).metadata.backend_id;
    const Fd lock = locks_.lock(call, {{volumes_.lock_name(key)}, {volumes_.stray_lock_name(backend_id)}},
                                "volume " + quoted(id));
    const Object volume = sound(volumes_, id);
    if (volume.metadata.backend_id != backend_id)
        throw Error(Code::conflict, "volume " + quoted(id) + " became another one meanwhile").retryable();
    refuse_attached(volume, "released");
    refuse_needed(call, id, "released");
    drop_strays(call, volume);
    volumes_.finish_adoption(volume);
    volumes_.release(key, volume.metadata);
    return must_be_unmanaged(volumes_, backend_id);
}

drv::Volume Loopback::release_snapshot(drv::Call &call, std::string_view id) {
    const std::string key = key_of(id);
    const Metadata before = sound(snapshots_, id).metadata;
    const Fd lock = locks_.lock(call,
                                {{volumes_.lock_name(key_of(before.parent)), false},
                                 {snapshots_.lock_name(key)},
                                 {snapshots_.stray_lock_name(before.backend_id)}},
                                "snapshot " + quoted(id));
    Object snapshot = sound(snapshots_, id);
    if (snapshot.metadata.backend_id != before.backend_id)
        throw Error(Code::conflict, "snapshot " + quoted(id) + " became another one meanwhile").retryable();
    snapshots_.finish_adoption(snapshot);
    // Its volume may have another id by the time the snapshot is adopted. Written while it is still managed,
    // so that the release itself is one step.
    snapshot.metadata.volume_backend_id = sound(volumes_, before.parent).metadata.backend_id;
    snapshot.metadata.group_snapshot.clear();
    snapshots_.store(key, snapshot.metadata);
    snapshots_.release(key, snapshot.metadata);
    drv::Volume released = must_be_unmanaged(snapshots_, before.backend_id);
    released.parent = before.parent;
    return released;
}

drv::Volume Loopback::must_be_unmanaged(const Shelf &shelf, const std::string &backend_id) const {
    const auto stray = shelf.load_stray(backend_id, shelf.released());
    if (!stray) {
        throw Error(Code::internal, "the image of " + quoted(backend_id) + " vanished while it was released")
            .state_unknown();
    }
    return to_unmanaged(shelf, *stray);
}

} // namespace loopback
