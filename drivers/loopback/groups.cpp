// Consistency groups: which volumes belong together. A group is one file, so every change of it is all or
// nothing. A volume joins and leaves only under its own lock, which destroy holds while it looks.
#include "driver.hpp"
#include "names.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace loopback {
namespace {

using drv::Code;
using drv::Error;

std::set<std::string> set_of(const std::vector<std::string_view> &ids) {
    return {ids.begin(), ids.end()};
}

Error no_group(std::string_view id) {
    return {Code::not_found, "there is no group " + quoted(id)};
}

void refuse_too_many(std::size_t count) {
    if (count > kMaxGroupMembers) {
        throw Error(Code::no_space, "a group takes " + std::to_string(kMaxGroupMembers) + " volumes, not " +
                                        std::to_string(count));
    }
}

} // namespace

drv::Group Loopback::to_group(const GroupRecord &record) const {
    drv::Group group{.id = record.id,
                     .name = record.name,
                     .backend_id = record.backend_id,
                     .parent = record.parent,
                     .created_unix_ns = record.created_unix_ns};
    for (const std::string &id : record.members) {
        if (record.kind == GroupKind::group || is_member(record, id))
            group.members.emplace_back(id);
    }
    return group;
}

// Volume id -> id of its group.
std::map<std::string, std::string> Loopback::memberships() const {
    std::map<std::string, std::string> of;
    for (const std::string &key : groups_.keys()) {
        const auto record = groups_.load(key);
        if (!record || record->kind != GroupKind::group)
            continue;
        for (const std::string &member : record->members)
            of.emplace(member, record->id);
    }
    return of;
}

std::string Loopback::group_of(std::string_view volume_id) const {
    const auto all = memberships();
    const auto found = all.find(std::string(volume_id));
    return found == all.end() ? std::string() : found->second;
}

// The caller holds the locks of these volumes.
void Loopback::refuse_strangers(const std::set<std::string> &joining, std::string_view group_id) const {
    const auto taken = memberships();
    for (const std::string &id : joining) {
        (void)sound(volumes_, id);
        const auto other = taken.find(id);
        if (other != taken.end() && other->second != group_id) {
            throw Error(Code::conflict,
                        "volume " + quoted(id) + " is in group " + quoted(other->second) + " already");
        }
    }
}

Fd Loopback::lock_group(const drv::Call &call, const std::string &key,
                        const drv::GroupRequest &request) const {
    std::vector<Want> wants = {{GroupShelf::lock_name(key)}};
    for (const auto *ids : {&request.add, &request.remove}) {
        for (const std::string_view id : *ids)
            wants.push_back({volumes_.lock_name(key_of(id))});
    }
    return locks_.lock(call, wants, "group " + quoted(request.id) + " or a volume of it");
}

drv::Group Loopback::group_create(drv::Call &call, const drv::GroupRequest &request) {
    const std::set<std::string> members = set_of(request.add);
    refuse_too_many(members.size());
    const std::string key = key_of(request.id);
    finish_group_snapshot(call, key);
    const Fd lock = lock_group(call, key, request);
    GroupRecord record{.kind = GroupKind::group,
                       .id = std::string(request.id),
                       .name = std::string(request.name),
                       .backend_id = "group/" + new_image_name(key),
                       .members = {members.begin(), members.end()},
                       .created_unix_ns = unix_now_ns()};
    if (const auto there = groups_.load(key)) {
        if (there->kind != GroupKind::group)
            throw Error(Code::exists, quoted(request.id) + " is the id of a group snapshot");
        if (there->members != record.members)
            throw Error(Code::exists, "group " + quoted(request.id) + " exists already, with other members");
        return to_group(*there);
    }
    refuse_strangers(members, request.id);
    groups_.store(key, record);
    return to_group(record);
}

drv::Group Loopback::group_update(drv::Call &call, const drv::GroupRequest &request) {
    const std::set<std::string> joining = set_of(request.add);
    for (const std::string_view id : request.remove) {
        if (joining.contains(std::string(id)))
            throw Error(Code::invalid, "volume " + quoted(id) + " is both to be added and to be removed");
    }
    const std::string key = key_of(request.id);
    const Fd lock = lock_group(call, key, request);
    auto record = groups_.load(key);
    if (!record || record->kind != GroupKind::group)
        throw no_group(request.id);
    refuse_strangers(joining, request.id);
    std::set<std::string> members(record->members.begin(), record->members.end());
    members.insert(joining.begin(), joining.end());
    for (const std::string_view id : request.remove)
        members.erase(std::string(id));
    refuse_too_many(members.size());
    const std::vector<std::string> after(members.begin(), members.end());
    if (after != record->members) {
        record->members = after;
        groups_.store(key, *record);
    }
    return to_group(*record);
}

void Loopback::group_destroy(drv::Call &call, std::string_view id) {
    const std::string key = key_of(id);
    const Fd lock = locks_.lock(call, {{GroupShelf::lock_name(key)}}, "group " + quoted(id));
    const auto record = groups_.load(key);
    if (!record || record->kind != GroupKind::group)
        return;
    for (const std::string &other : groups_.keys()) {
        const auto snapshot = groups_.load(other);
        if (snapshot && snapshot->kind == GroupKind::snapshot && snapshot->parent == id) {
            throw Error(Code::conflict, "group " + quoted(id) + " cannot be destroyed: it has the snapshot " +
                                            quoted(snapshot->id));
        }
    }
    groups_.remove(key);
}

drv::Group Loopback::group_get(drv::Call & /*call*/, std::string_view id) {
    const auto record = groups_.load(key_of(id));
    if (!record)
        throw no_group(id);
    return to_group(*record);
}

void Loopback::list_groups(const drv::Call &call, GroupKind kind, std::string_view parent,
                           const drv::ListRequest &request, drv::GroupSink &sink) const {
    drv::emit_page(
        call, request, sink, groups_.keys(), [&](std::string_view key) -> std::optional<drv::Group> {
            try {
                const auto record = groups_.load(std::string(key));
                if (!record || record->kind != kind || (!parent.empty() && record->parent != parent))
                    return std::nullopt;
                return to_group(*record);
            } catch (const Error &error) {
                if (error.code != Code::conflict)
                    throw;
                host_.warn("a group is left out of the list: " + error.message);
                return std::nullopt;
            }
        });
}

void Loopback::group_list(drv::Call &call, const drv::ListRequest &request, drv::GroupSink &sink) {
    list_groups(call, GroupKind::group, {}, request, sink);
}

void Loopback::group_snapshot_list(drv::Call &call, std::string_view group_id,
                                   const drv::ListRequest &request, drv::GroupSink &sink) {
    list_groups(call, GroupKind::snapshot, group_id, request, sink);
}

} // namespace loopback
