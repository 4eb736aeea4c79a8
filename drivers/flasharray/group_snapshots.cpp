// Snapshots of groups: all members at one instant, by one call of the array, and then each under the id that
// it was given. A snapshot of the protection group itself would be one object, whose parts the array neither
// renames nor destroys alone; ours are ordinary snapshots of the volumes, tied together by their names.
#include "drivers/flasharray/driver.hpp"
#include "drover/sdk/paging.hpp"

#include <algorithm>
#include <set>

namespace flasharray {

using drv::Code;
using drv::Error;

std::vector<FlashArray::GroupSnapshot> FlashArray::group_snapshots(const Limit &limit,
                                                                   const std::string &filter) {
    std::map<std::string, GroupSnapshot> found; // by id
    for (VolumeRow &row : objects_.snapshots(limit, Rows::many, filter)) {
        auto each = located(std::move(row));
        if (!each || each->name.group_snapshot.empty() || each->name.is_tombstone)
            continue;
        GroupSnapshot &snapshot = found[each->name.group_snapshot];
        snapshot.id = each->name.group_snapshot;
        snapshot.group_hash = each->name.group_hash;
        snapshot.members.push_back(std::move(*each));
    }
    std::vector<GroupSnapshot> all;
    for (auto &[id, snapshot] : found)
        all.push_back(std::move(snapshot));
    return all;
}

std::optional<FlashArray::GroupSnapshot> FlashArray::find_group_snapshot(const Limit &limit,
                                                                         std::string_view id) {
    for (GroupSnapshot &each : group_snapshots(limit, Names::group_snapshot_filter(id))) {
        if (each.id == id)
            return std::move(each);
    }
    return std::nullopt;
}

drv::Group FlashArray::group_snapshot_record(const GroupSnapshot &snapshot,
                                             const std::vector<GroupRow> &groups) const {
    drv::Group record{.id = snapshot.id, .backend_id = "group-snapshot-" + to_base36(snapshot.id)};
    // A group is not destroyed while it has snapshots, so it is among these, but for people's hands.
    for (const GroupRow &row : groups) {
        if (auto id = names_.read_group(row.name); id && Names::group_hash(*id) == snapshot.group_hash)
            record.parent = std::move(*id);
    }
    std::set<std::string> members;
    for (const LocatedSnapshot &each : snapshot.members) {
        if (!each.name.is_pending)
            members.insert(each.name.id);
        record.created_unix_ns = std::min(record.created_unix_ns, each.row.created_unix_ns);
    }
    record.members.assign(members.begin(), members.end());
    return record;
}

void FlashArray::complete_group_snapshot(const Limit &limit, const drv::GroupSnapshotRequest &request,
                                         const std::map<std::string, std::string> &wanted,
                                         const GroupSnapshot &snapshot) {
    for (const LocatedSnapshot &each : snapshot.members) {
        const auto id = wanted.find(each.volume_id);
        if (id == wanted.end() || (!each.name.is_pending && each.name.id != id->second)) {
            throw Error(Code::exists, "group snapshot " + snapshot.id +
                                          " exists already, with another snapshot of " + "volume " +
                                          each.volume_id);
        }
    }
    for (const LocatedSnapshot &each : snapshot.members) {
        if (!each.name.is_pending)
            continue;
        const std::string name =
            Names::group_member(each.name.volume, wanted.at(each.volume_id), request.id, request.group_id);
        if (!objects_.rename_volume(limit, each.row.name, name) && !objects_.volume(limit, name)) {
            throw Error(Code::conflict, "snapshot " + each.row.name + " went away on the array").retryable();
        }
    }
}

drv::Group FlashArray::group_snapshot(drv::Call &call, const drv::GroupSnapshotRequest &request) {
    check_uuid(request.group_id, "group");
    check_uuid(request.id, "group snapshot");
    check_snapshot_renames(call);
    std::map<std::string, std::string> wanted; // volume id to snapshot id
    std::set<std::string> ids;
    for (const auto &[volume, snapshot] : request.snapshots) {
        check_uuid(snapshot, "snapshot");
        if (!wanted.emplace(volume, snapshot).second || !ids.emplace(snapshot).second)
            throw Error(Code::invalid, "a volume or a snapshot id comes twice among the snapshots");
    }
    auto there = find_group_snapshot(call, request.id);
    if (there && there->group_hash != Names::group_hash(request.group_id)) {
        throw Error(Code::exists,
                    "group snapshot " + std::string(request.id) + " exists already, of another group");
    }
    const auto group = objects_.group(call, names_.group(request.group_id));
    if (!group)
        throw Error(Code::not_found, "there is no group " + std::string(request.group_id) + " on the array");
    if (!there) {
        const auto members = members_of(*group);
        const bool is_match =
            members.size() == wanted.size() &&
            std::ranges::all_of(members, [&](const std::string &id) { return wanted.contains(id); });
        if (!is_match) {
            throw Error(Code::invalid, "the snapshots that were asked for are not those of the " +
                                           std::to_string(members.size()) + " members of group " +
                                           std::string(request.group_id));
        }
        if (members.empty())
            throw Error(Code::conflict, "group " + std::string(request.group_id) + " is empty");
        for (const auto &[volume, snapshot] : wanted) {
            if (const auto other = find_snapshot(call, snapshot)) {
                throw Error(Code::exists,
                            "snapshot " + snapshot + " exists already, of volume " + other->volume_id);
            }
        }
        std::vector<std::string> volumes;
        for (const std::string &volume : group->volumes) {
            if (const auto name = names_.read_volume(volume); name && name->kind == NameKind::volume)
                volumes.push_back(volume);
        }
        static_cast<void>(
            objects_.take_snapshots(call, volumes, Names::pending_suffix(request.id, request.group_id)));
        there = find_group_snapshot(call, request.id);
        if (!there || there->members.size() != wanted.size()) {
            throw Error(Code::internal, "the array did not take the snapshots of all members of group " +
                                            std::string(request.group_id))
                .retryable();
        }
    }
    complete_group_snapshot(call, request, wanted, *there);
    return after_change([&] {
        there = find_group_snapshot(call, request.id);
        if (!there) {
            throw Error(Code::internal,
                        "group snapshot " + std::string(request.id) + " went away on the array");
        }
        for (const LocatedSnapshot &each : there->members) {
            if (each.name.is_pending)
                throw lied("renamed snapshot " + each.row.name + ", and did not");
        }
        return group_snapshot_record(*there, {*group});
    });
}

void FlashArray::group_snapshot_destroy(drv::Call &call, std::string_view id) {
    check_uuid(id, "group snapshot");
    // Also those that a first try renamed and did not get to destroy.
    for (VolumeRow &row : objects_.snapshots(call, Rows::few, Names::group_snapshot_filter(id))) {
        const auto each = located(std::move(row));
        if (each && each->name.group_snapshot == id)
            drop_snapshot(call, *each);
    }
}

void FlashArray::group_snapshot_list(drv::Call &call, std::string_view group_id,
                                     const drv::ListRequest &request, drv::GroupSink &sink) {
    const std::string hash = group_id.empty() ? std::string() : Names::group_hash(group_id);
    const std::vector<GroupRow> groups = objects_.groups(call);
    std::map<std::string, GroupSnapshot, std::less<>> snapshots;
    for (GroupSnapshot &each : group_snapshots(call, hash.empty() ? "" : "name='*-" + hash + "'")) {
        if (hash.empty() || each.group_hash == hash) {
            std::string id = each.id;
            snapshots.emplace(std::move(id), std::move(each));
        }
    }
    std::vector<std::string> ids;
    for (const auto &[id, snapshot] : snapshots)
        ids.push_back(id);
    drv::emit_page(call, request, sink, ids, [&](std::string_view id) {
        return std::optional(group_snapshot_record(snapshots.find(id)->second, groups));
    });
}

} // namespace flasharray
