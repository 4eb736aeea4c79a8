// Snapshots of single volumes.
#include "drivers/flasharray/driver.hpp"
#include "drover/sdk/paging.hpp"

#include <algorithm>

namespace flasharray {

using drv::Code;
using drv::Error;

void FlashArray::check_snapshot_renames(const Limit &limit) {
    if (objects_.version(limit) < kSnapshotRenames) {
        throw Error(Code::unsupported,
                    "this needs snapshots that can be renamed, which the array has from version "
                    "1.4 of its REST API on; it speaks " +
                        objects_.version(limit).text());
    }
}

drv::Volume FlashArray::snapshot_create(drv::Call &call, const drv::SnapshotRequest &request) {
    check_uuid(request.snapshot_id, "snapshot");
    const Located volume = must_find(call, request.volume_id);
    const auto existing = [&](const LocatedSnapshot &there) {
        if (there.volume_id != request.volume_id) {
            throw Error(Code::exists,
                        "snapshot " + there.name.id + " exists already, of volume " + there.volume_id);
        }
        return snapshot_record(there.row, there.name, there.volume_id);
    };
    if (const auto there = find_snapshot(call, request.snapshot_id))
        return existing(*there);
    const std::string suffix = Names::snapshot_suffix(request.snapshot_id);
    try {
        const auto taken = objects_.take_snapshots(call, {volume.row.name}, suffix);
        if (!taken)
            throw Error(Code::not_found, "volume " + volume.name.id + " went away on the array");
    } catch (const RefusedError &error) {
        if (error.refusal != Refusal::exists)
            throw;
        if (!find_snapshot(call, request.snapshot_id)) {
            throw Error(Code::conflict,
                        "snapshot " + std::string(request.snapshot_id) +
                            " cannot be taken: the array still keeps a destroyed one of that name; "
                            "eradicate it (purevol eradicate), or recover it");
        }
    }
    return after_change([&] {
        auto row = objects_.volume(call, Names::snapshot(volume.row.name, request.snapshot_id));
        auto made = row ? located(std::move(*row)) : std::nullopt;
        if (!made)
            throw lied("took snapshot " + volume.row.name + "." + suffix + ", and has none");
        {
            const std::lock_guard lock(mutex_);
            snapshots_[made->name.id] = made->row.name;
        }
        return existing(*made);
    });
}

void FlashArray::drop_snapshot(const Limit &limit, const LocatedSnapshot &snapshot) {
    const std::string &name = snapshot.row.name;
    // Out of the way, as volumes, so that the id can be used again.
    if (!snapshot.name.is_tombstone && !snapshot.name.id.empty() &&
        objects_.version(limit) >= kSnapshotRenames) {
        const std::size_t dot = name.find('.');
        const std::string volume = name.substr(0, dot);
        const std::string &group = snapshot.name.group_snapshot;
        const std::string grave =
            group.empty()
                ? Names::snapshot_tombstone(volume, snapshot.name.id, snapshot.row.serial)
                : Names::group_member_tombstone(volume, snapshot.name.id, group, snapshot.row.serial);
        if (!objects_.rename_volume(limit, name, grave) && !objects_.volume(limit, grave))
            return;
        after_change([&] {
            if (!drop(limit, grave))
                check_renamed(limit, name, grave);
        });
        return;
    }
    drop(limit, name);
}

void FlashArray::snapshot_destroy(drv::Call &call, std::string_view id) {
    check_uuid(id, "snapshot");
    for (VolumeRow &row : objects_.snapshots(call, Rows::few, Names::snapshot_filter(id))) {
        const auto found = located(std::move(row));
        if (found && found->name.id == id)
            drop_snapshot(call, *found);
    }
    const std::lock_guard lock(mutex_);
    snapshots_.erase(std::string(id));
}

std::vector<FlashArray::LocatedSnapshot> FlashArray::snapshots_of(const Limit &limit,
                                                                  std::string_view volume_id) {
    std::vector<VolumeRow> rows;
    if (volume_id.empty()) {
        rows = objects_.snapshots(limit, Rows::many);
    } else if (const auto volume = is_uuid(volume_id) ? find_volume(limit, volume_id) : std::nullopt) {
        rows = objects_.snapshots_of(limit, volume->row.name).value_or(std::vector<VolumeRow>());
    }
    std::vector<LocatedSnapshot> found;
    for (VolumeRow &row : rows) {
        if (auto each = located(std::move(row)))
            found.push_back(std::move(*each));
    }
    return found;
}

void FlashArray::snapshot_list(drv::Call &call, std::string_view volume_id, const drv::ListRequest &request,
                               drv::VolumeSink &sink) {
    std::map<std::string, drv::Volume, std::less<>> records;
    for (const LocatedSnapshot &each : snapshots_of(call, volume_id)) {
        if (!each.name.id.empty() && !each.name.is_tombstone)
            records.emplace(each.name.id, snapshot_record(each.row, each.name, each.volume_id));
    }
    std::vector<std::string> ids;
    ids.reserve(records.size());
    for (const auto &[id, record] : records)
        ids.push_back(id);
    drv::emit_page(call, request, sink, ids, [&](std::string_view id) { return &records.find(id)->second; });
}

drv::Volume FlashArray::snapshot_get(drv::Call &call, std::string_view id) {
    const LocatedSnapshot found = must_find_snapshot(call, id);
    return snapshot_record(found.row, found.name, found.volume_id);
}

void FlashArray::snapshot_revert(drv::Call &call, std::string_view id) {
    const LocatedSnapshot snapshot = must_find_snapshot(call, id);
    const Located volume = must_find(call, snapshot.volume_id);
    refuse_attached(call, volume, "reverted");
    objects_.copy_volume(call, volume.row.name, snapshot.row.name, true);
    after_change([&] {
        const Located after = must_find(call, snapshot.volume_id);
        if (after.row.serial != volume.row.serial || after.row.bytes != snapshot.row.bytes) {
            throw lied("reverted volume " + volume.row.name + " to " + snapshot.row.name +
                       ", and it has another size or serial than that gives");
        }
    });
}

} // namespace flasharray
