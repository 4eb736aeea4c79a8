// Volumes and snapshots that the array has and we do not manage, and back. Their backend id is the serial,
// which survives renames. Volumes of ours that were destroyed and not eradicated yet are among them: to adopt
// one is to recover it.
#include "drivers/flasharray/driver.hpp"
#include "drover/sdk/paging.hpp"

#include <algorithm>

namespace flasharray {

using drv::Code;
using drv::Error;

bool FlashArray::is_managed(const VolumeRow &row) const {
    const auto name = names_.read_volume(row.name);
    return name && name->kind == NameKind::volume && !row.seconds_left;
}

std::string FlashArray::why_not(const VolumeRow &row, const Connections &connections) const {
    if (row.name.find("::") != std::string::npos)
        return "it is in a pod, which this driver does not use: move it out first";
    if (row.name.find('/') != std::string::npos)
        return "it is in a volume group, which this driver does not use: move it out first";
    if (names_.is_of_other_cluster(row.name))
        return "it belongs to another cluster";
    if (lower_case(row.name).ends_with("-cinder"))
        return "it belongs to Cinder";
    for (const ConnectionRow &connection : connections) {
        if (!hosts_.tells_node(connection.host))
            return "it is connected to " + connection.host + ", which is no node that we know";
    }
    return {};
}

void FlashArray::list_unmanaged(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink) {
    const auto connections = by_volume(objects_.all_connections(call));
    std::map<std::string, drv::Volume, std::less<>> records; // by serial
    for (const VolumeRow &row : objects_.volumes_and_destroyed(call)) {
        const bool is_foreign_grave = row.seconds_left && !names_.read_volume(row.name);
        if (is_managed(row) || is_foreign_grave)
            continue;
        const auto own = connections.find(lower_case(row.name));
        const Connections &of_row = own == connections.end() ? Connections() : own->second;
        records.emplace(row.serial, unmanaged_record(row, of_row, hosts_, why_not(row, of_row)));
    }
    std::vector<std::string> serials;
    for (const auto &[serial, record] : records)
        serials.push_back(serial);
    drv::emit_page(call, request, sink, serials,
                   [&](std::string_view serial) { return &records.find(serial)->second; });
}

drv::Volume FlashArray::adopt(drv::Call &call, const drv::AdoptRequest &request) {
    check_uuid(request.id, "volume");
    if (!request.volume_id.empty())
        throw Error(Code::invalid, "volume_id is for snapshots: a volume belongs to none");
    std::optional<VolumeRow> target;
    std::string new_name = names_.volume(request.id);
    bool is_taken = false;
    bool has_other = false;
    for (VolumeRow &row : objects_.volumes_and_destroyed(call)) {
        const auto name = names_.read_volume(row.name);
        const bool has_id = name && name->id == request.id && is_managed(row);
        is_taken = is_taken || is_same_name(row.name, new_name);
        if (row.serial == request.backend_id) {
            target = std::move(row);
        } else {
            has_other = has_other || has_id;
        }
    }
    if (!target) {
        throw Error(Code::not_found,
                    "the array has no volume with the serial " + drv::one_line(request.backend_id, 100));
    }
    const auto name = names_.read_volume(target->name);
    if (is_managed(*target) && name->id == request.id)
        return record(call, {*target, *name});
    if (has_other)
        throw Error(Code::exists, "volume " + std::string(request.id) + " exists already");
    if (is_managed(*target)) {
        throw Error(Code::conflict,
                    "the volume with the serial " + target->serial + " is managed already, as " + name->id);
    }
    if (target->seconds_left && !name) {
        throw Error(Code::conflict,
                    "volume " + target->name +
                        " of the array was destroyed by somebody else: recover it there (purevol "
                        "recover), then adopt it");
    }
    if (!target->seconds_left) {
        const auto connections = objects_.connections_of(call, target->name);
        const std::string refused = why_not(*target, connections.value_or(Connections()));
        if (!refused.empty())
            throw Error(Code::conflict, "volume " + target->name + " cannot be adopted: " + refused);
    }
    if (is_taken && !is_same_name(target->name, new_name))
        new_name = names_.second(request.id); // a destroyed one keeps the plain name
    if (target->seconds_left)
        objects_.recover_volume(call, target->name);
    if (!is_same_name(target->name, new_name) && !objects_.rename_volume(call, target->name, new_name) &&
        !objects_.volume(call, new_name)) {
        throw Error(Code::conflict, "volume " + target->name + " went away on the array").retryable();
    }
    return after_change([&] {
        const auto adopted = find_volume(call, request.id);
        if (!adopted)
            throw lied("renamed " + target->name + " to " + new_name + ", and has no such volume");
        return record(call, *adopted);
    });
}

void FlashArray::release_as(const Limit &limit, const std::string &name, const std::string &released) {
    const bool is_renamed = objects_.rename_volume(limit, name, released);
    if (after_change([&] { return objects_.volume(limit, released).has_value(); }))
        return;
    if (is_renamed)
        throw lied("renamed " + name + " to " + released + ", and has nothing of that name");
    throw Error(Code::not_found, name + " went away on the array");
}

drv::Volume FlashArray::release(drv::Call &call, std::string_view id) {
    const Located volume = must_find(call, id);
    refuse_attached(call, volume, "released");
    refuse_needed(call, volume, "released");
    const std::string name = Names::released(id, volume.row.serial);
    release_as(call, volume.row.name, name);
    forget(id);
    VolumeRow row = volume.row;
    row.name = name;
    return unmanaged_record(row, {}, hosts_, {});
}

void FlashArray::list_unmanaged_snapshots(drv::Call &call, std::string_view volume_id,
                                          const drv::ListRequest &request, drv::VolumeSink &sink) {
    std::map<std::string, drv::Volume, std::less<>> records; // by serial
    for (const LocatedSnapshot &each : snapshots_of(call, volume_id)) {
        if ((!each.name.id.empty() && !each.name.is_tombstone) || each.name.is_pending)
            continue;
        SnapshotName nameless = each.name;
        nameless.id.clear();
        drv::Volume record = snapshot_record(each.row, nameless, each.volume_id);
        if (each.name.is_of_pgroup)
            record.attributes.push_back({"refused", "it is part of a protection group's snapshot"});
        records.emplace(each.row.serial, std::move(record));
    }
    std::vector<std::string> serials;
    for (const auto &[serial, record] : records)
        serials.push_back(serial);
    drv::emit_page(call, request, sink, serials,
                   [&](std::string_view serial) { return &records.find(serial)->second; });
}

drv::Volume FlashArray::adopt_snapshot(drv::Call &call, const drv::AdoptRequest &request) {
    check_uuid(request.id, "snapshot");
    check_snapshot_renames(call);
    const Located volume = must_find(call, request.volume_id);
    std::optional<LocatedSnapshot> target;
    for (VolumeRow &row : objects_.snapshots(call, Rows::many)) {
        auto each = located(std::move(row));
        if (!each)
            continue;
        if (each->row.serial == request.backend_id) {
            target = std::move(each);
        } else if (each->name.id == request.id && !each->name.is_tombstone) {
            throw Error(Code::exists, "snapshot " + std::string(request.id) + " exists already");
        }
    }
    if (!target) {
        throw Error(Code::not_found, "the array has no snapshot with the serial " +
                                         drv::one_line(request.backend_id, 100) +
                                         " of a volume that we manage");
    }
    if (target->volume_id != volume.name.id) {
        throw Error(Code::conflict,
                    "snapshot " + target->row.name + " is one of volume " + target->volume_id);
    }
    if (!target->name.id.empty() && !target->name.is_tombstone) {
        if (target->name.id == request.id)
            return snapshot_record(target->row, target->name, target->volume_id);
        throw Error(Code::conflict,
                    "snapshot " + target->row.name + " is managed already, as " + target->name.id);
    }
    if (target->name.is_of_pgroup || target->name.is_pending) {
        throw Error(Code::conflict,
                    "snapshot " + target->row.name + " cannot be adopted: it is part of a group's snapshot");
    }
    const std::string name = Names::snapshot(volume.row.name, request.id);
    if (!objects_.rename_volume(call, target->row.name, name) && !objects_.volume(call, name))
        throw Error(Code::conflict, "snapshot " + target->row.name + " went away on the array").retryable();
    return after_change([&] {
        const auto adopted = find_snapshot(call, request.id);
        if (!adopted)
            throw lied("renamed " + target->row.name + " to " + name + ", and has no such snapshot");
        return snapshot_record(adopted->row, adopted->name, adopted->volume_id);
    });
}

drv::Volume FlashArray::release_snapshot(drv::Call &call, std::string_view id) {
    check_snapshot_renames(call);
    const LocatedSnapshot snapshot = must_find_snapshot(call, id);
    const std::string name = Names::released_snapshot(snapshot.name.volume, id, snapshot.row.serial);
    release_as(call, snapshot.row.name, name);
    VolumeRow row = snapshot.row;
    row.name = name;
    return snapshot_record(row, {}, snapshot.volume_id);
}

} // namespace flasharray
