// Snapshots of all volumes of a group, at one instant, all or none.
//
// One instant: one_instant.hpp.
//
// All or none. The intent is written first (K.making, group_shelf.hpp), then each member's metadata, which
// names the group snapshot and is shown by nobody until that exists. One rename makes it exist. Removal goes
// the same way back.
#include "copy.hpp"
#include "driver.hpp"
#include "names.hpp"
#include "one_instant.hpp"

#include <algorithm>
#include <fcntl.h>
#include <map>
#include <memory>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

struct Member {
    Object volume;
    std::string snapshot_id;
    std::string device; // empty: no device, so nobody writes
    bool may_share = false;
};

using Images = std::vector<std::unique_ptr<NewImage>>;

Images copy_once(const drv::Call &call, const Shelf &volumes, const Shelf &snapshots,
                 const std::vector<Member> &members) {
    Images images;
    for (const Member &member : members) {
        const Metadata &metadata = member.volume.metadata;
        const Fd source = volumes.open_image(metadata, O_RDONLY);
        images.push_back(std::make_unique<NewImage>(snapshots, new_image_name(key_of(member.snapshot_id))));
        copy_image(call, source.get(), images.back()->fd(), metadata.bytes, member.may_share,
                   "copying to the snapshots");
    }
    return images;
}

Images copy_all(const drv::Call &call, const Shelf &volumes, const Shelf &snapshots,
                const std::vector<Member> &members) {
    std::vector<std::string> devices;
    for (const Member &member : members) {
        if (!member.device.empty())
            devices.push_back(member.device);
    }
    Images images;
    copy_at_one_instant(
        call, devices,
        [&] {
            for (const Member &member : members) {
                if (!member.device.empty())
                    flush_loop(member.device, member.volume.file);
            }
        },
        [&] {
            images.clear();
            images = copy_once(call, volumes, snapshots, members);
            return false; // one after the other, however short each took
        },
        "freeze the filesystems of the group's volumes meanwhile");
    return images;
}

} // namespace

bool Loopback::is_member(const GroupRecord &record, const std::string &snapshot_id) const {
    const auto object = snapshots_.load(key_of(snapshot_id));
    return object && object->metadata.group_snapshot == record.id;
}

// The caller holds the locks of the group snapshot and of its members.
void Loopback::undo_group_snapshot(const std::string &key, const GroupRecord &record) const {
    for (const std::string &id : record.members) {
        const std::string member = key_of(id);
        const auto object = snapshots_.load_any(member);
        if (object && object->metadata.group_snapshot == record.id)
            snapshots_.remove(member);
    }
    groups_.drop_leftover(key);
}

std::vector<Want> Loopback::wants_of(const std::string &key, const std::vector<std::string> &members) const {
    std::vector<Want> wants = {{GroupShelf::lock_name(key)}};
    for (const std::string &id : members)
        wants.push_back({snapshots_.lock_name(key_of(id))});
    return wants;
}

void Loopback::finish_group_snapshot(const drv::Call &call, const std::string &key) const {
    while (const auto seen = groups_.leftover(key)) {
        const Fd lock = locks_.lock(call, wants_of(key, seen->members), "group snapshot " + quoted(seen->id));
        if (const auto left = groups_.leftover(key); left == seen)
            undo_group_snapshot(key, *seen);
    }
}

void Loopback::sweep_groups() const {
    for (const std::string &key : groups_.sweep(locks_)) {
        try {
            const auto seen = groups_.leftover(key);
            if (!seen)
                continue;
            std::vector<std::string> names;
            for (const Want &want : wants_of(key, seen->members))
                names.push_back(want.name);
            const auto lock = locks_.try_lock(names);
            if (lock && groups_.leftover(key) == seen)
                undo_group_snapshot(key, *seen);
        } catch (const Error &error) { // one bad file must not keep the driver from opening
            host_.warn("an unfinished group snapshot could not be cleaned up: " + error.message);
        }
    }
}

drv::Group Loopback::group_snapshot(drv::Call &call, const drv::GroupSnapshotRequest &request) {
    const std::string key = key_of(request.id);
    finish_group_snapshot(call, key);
    std::map<std::string, std::string> wanted; // volume id -> snapshot id
    GroupRecord record{.kind = GroupKind::snapshot,
                       .id = std::string(request.id),
                       .name = std::string(request.name),
                       .backend_id = "group/" + new_image_name(key),
                       .parent = std::string(request.group_id),
                       .created_unix_ns = unix_now_ns()};
    for (const auto &[volume_id, snapshot_id] : request.snapshots) {
        if (!wanted.emplace(volume_id, snapshot_id).second)
            throw Error(Code::invalid, "volume " + quoted(volume_id) + " is named twice");
        record.members.emplace_back(snapshot_id);
    }
    std::sort(record.members.begin(), record.members.end());
    if (std::adjacent_find(record.members.begin(), record.members.end()) != record.members.end())
        throw Error(Code::invalid, "two of the snapshots would get the same id");

    std::vector<Want> wants = wants_of(key, record.members);
    wants.push_back({GroupShelf::lock_name(key_of(request.group_id))});
    for (const auto &[volume_id, snapshot_id] : wanted)
        wants.push_back({volumes_.lock_name(key_of(volume_id))});
    const Fd lock = locks_.lock(call, wants, "group " + quoted(request.group_id) + " or a volume of it");
    const auto group = groups_.load(key_of(request.group_id));
    if (!group || group->kind != GroupKind::group)
        throw Error(Code::not_found, "there is no group " + quoted(request.group_id));
    if (const auto there = groups_.load(key)) {
        if (there->kind != GroupKind::snapshot || there->parent != request.group_id ||
            there->members != record.members) {
            throw Error(Code::exists, "group snapshot " + quoted(request.id) +
                                          " exists already, of another group or with other snapshots");
        }
        return to_group(*there);
    }
    if (wanted.size() != group->members.size() ||
        !std::all_of(group->members.begin(), group->members.end(),
                     [&](const std::string &id) { return wanted.contains(id); })) {
        throw Error(Code::invalid, "the snapshots asked for are not exactly those of the " +
                                       std::to_string(group->members.size()) + " members of group " +
                                       quoted(request.group_id));
    }
    make_group_snapshot(call, key, record, wanted);
    return to_group(record);
}

// The caller holds every lock.
void Loopback::make_group_snapshot(const drv::Call &call, const std::string &key, const GroupRecord &record,
                                   const std::map<std::string, std::string> &wanted) const {
    std::vector<Member> members;
    for (const auto &[volume_id, snapshot_id] : wanted) {
        const std::string member_key = key_of(snapshot_id);
        if (snapshots_.load(member_key))
            throw Error(Code::exists, "snapshot " + quoted(snapshot_id) + " exists already");
        snapshots_.clear(member_key);
        Object volume = sound(volumes_, volume_id);
        std::string device = live_device(volume).value_or("");
        const bool may_share = space_of(volume.metadata.profile) != Space::reserved;
        members.push_back({std::move(volume), snapshot_id, std::move(device), may_share});
    }
    const Images images = copy_all(call, volumes_, snapshots_, members);
    groups_.begin_making(key, record);
    try {
        for (std::size_t i = 0; i < members.size(); ++i) {
            const Metadata &volume = members[i].volume.metadata;
            (void)added(snapshots_, key_of(members[i].snapshot_id),
                        {.kind = Kind::snapshot,
                         .id = members[i].snapshot_id,
                         .name = record.name,
                         .profile = volume.profile,
                         .parent = volume.id,
                         .group_snapshot = record.id,
                         .bytes = volume.bytes,
                         .created_unix_ns = record.created_unix_ns},
                        *images[i]);
        }
        groups_.finish_making(key);
    } catch (const Error &error) {
        if (!groups_.is_there(key))
            undo_group_snapshot(key, record);
        throw;
    }
}

void Loopback::group_snapshot_destroy(drv::Call &call, std::string_view id) {
    const std::string key = key_of(id);
    finish_group_snapshot(call, key);
    for (;;) {
        const auto seen = groups_.load(key);
        if (!seen || seen->kind != GroupKind::snapshot)
            return;
        const Fd lock = locks_.lock(call, wants_of(key, seen->members), "group snapshot " + quoted(id));
        if (groups_.load(key) != seen)
            continue; // another one by now
        groups_.begin_removal(key);
        undo_group_snapshot(key, *seen);
        return;
    }
}

} // namespace loopback
