// Consistency groups, as protection groups of the array that replicate nothing.
#include "drivers/flasharray/driver.hpp"
#include "drover/sdk/paging.hpp"

#include <algorithm>
#include <set>

namespace flasharray {

using drv::Code;
using drv::Error;

namespace {

constexpr std::size_t kFewMembers = 4; // more are found in one listing

std::vector<std::string> names_of(const std::vector<Located> &volumes) {
    std::vector<std::string> names;
    names.reserve(volumes.size());
    for (const Located &each : volumes)
        names.push_back(each.row.name);
    return names;
}

} // namespace

std::vector<Located> FlashArray::must_find_all(const Limit &limit, const std::vector<std::string_view> &ids) {
    std::vector<Located> found;
    if (ids.size() <= kFewMembers) {
        for (const std::string_view id : ids)
            found.push_back(must_find(limit, id));
        return found;
    }
    std::map<std::string, Located, std::less<>> all;
    for (VolumeRow &row : objects_.volumes(limit, Rows::many, names_.filter_of_all())) {
        auto name = names_.read_volume(row.name);
        if (!name || name->kind != NameKind::volume || (name->is_flocker && all.contains(name->id)))
            continue;
        std::string id = name->id;
        all.insert_or_assign(std::move(id), Located{std::move(row), std::move(*name)});
    }
    for (const std::string_view id : ids) {
        check_uuid(id, "volume");
        const auto at = all.find(id);
        if (at == all.end())
            throw Error(Code::not_found, "there is no volume " + std::string(id) + " on the array");
        found.push_back(at->second);
    }
    return found;
}

std::vector<std::string> FlashArray::members_of(const GroupRow &row) const {
    std::set<std::string> ids;
    for (const std::string &volume : row.volumes) {
        if (auto name = names_.read_volume(volume); name && name->kind == NameKind::volume)
            ids.insert(std::move(name->id));
    }
    return {ids.begin(), ids.end()};
}

drv::Group FlashArray::group_record(const GroupRow &row, std::string_view id) const {
    drv::Group group{.id = id, .backend_id = row.name};
    for (const std::string &member : members_of(row))
        group.members.push_back(member);
    return group;
}

std::string FlashArray::group_of(const std::vector<GroupRow> &groups, std::string_view volume_id,
                                 std::string_view but_not) const {
    for (const GroupRow &row : groups) {
        const auto id = names_.read_group(row.name);
        if (!id || *id == but_not)
            continue;
        const auto members = members_of(row);
        if (std::ranges::find(members, volume_id) != members.end())
            return *id;
    }
    return {};
}

void FlashArray::make_group(const Limit &limit, const std::string &name,
                            const std::vector<std::string> &volumes) {
    try {
        objects_.create_group(limit, name, volumes);
    } catch (const RefusedError &error) {
        if (error.refusal != Refusal::destroyed && error.refusal != Refusal::exists)
            throw;
        if (objects_.group(limit, name))
            return; // the caller compares
        // One of that id was destroyed and keeps its name. It holds no data, so it can go at once.
        if (!objects_.eradicate_group(limit, name)) {
            throw Error(Code::conflict, "the array still keeps the destroyed protection group " + name +
                                            ", and eradication is disabled there: use another id, or wait");
        }
        objects_.create_group(limit, name, volumes);
    }
}

drv::Group FlashArray::group_create(drv::Call &call, const drv::GroupRequest &request) {
    check_uuid(request.id, "group");
    const std::string name = names_.group(request.id);
    const std::vector<Located> members = must_find_all(call, request.add);
    std::set<std::string> wanted;
    for (const Located &each : members)
        wanted.insert(each.name.id);
    const auto check_same = [&](const GroupRow &row) {
        const auto there = members_of(row);
        if (!std::ranges::equal(there, wanted)) {
            throw Error(Code::exists, "group " + std::string(request.id) + " exists already, with " +
                                          std::to_string(there.size()) + " other members");
        }
        return group_record(row, request.id);
    };
    const std::vector<GroupRow> groups = objects_.groups(call);
    for (const GroupRow &row : groups) {
        if (is_same_name(row.name, name))
            return check_same(row);
    }
    for (const std::string &id : wanted) {
        if (const std::string other = group_of(groups, id); !other.empty())
            throw Error(Code::conflict, "volume " + id + " is in group " + other + " already");
    }
    make_group(call, name, names_of(members));
    return after_change([&] {
        const auto made = objects_.group(call, name);
        if (!made)
            throw lied("made group " + name + ", and has none");
        return check_same(*made);
    });
}

drv::Group FlashArray::group_update(drv::Call &call, const drv::GroupRequest &request) {
    check_uuid(request.id, "group");
    const std::string name = names_.group(request.id);
    const std::vector<GroupRow> groups = objects_.groups(call);
    const auto row =
        std::ranges::find_if(groups, [&](const GroupRow &each) { return is_same_name(each.name, name); });
    if (row == groups.end())
        throw Error(Code::not_found, "there is no group " + std::string(request.id) + " on the array");
    const auto members = members_of(*row);
    const auto is_member = [&](std::string_view id) {
        return std::ranges::find(members, id) != members.end();
    };
    std::vector<std::string> add;
    for (const Located &each : must_find_all(call, request.add)) {
        if (is_member(each.name.id))
            continue;
        if (const std::string other = group_of(groups, each.name.id, request.id); !other.empty())
            throw Error(Code::conflict, "volume " + each.name.id + " is in group " + other + " already");
        add.push_back(each.row.name);
    }
    std::vector<std::string> remove;
    for (const std::string &volume : row->volumes) {
        const auto read = names_.read_volume(volume);
        if (read && std::ranges::find(request.remove, read->id) != request.remove.end())
            remove.push_back(volume);
    }
    for (const std::string_view id : request.remove) {
        if (std::ranges::find(request.add, id) != request.add.end())
            throw Error(Code::invalid, "volume " + std::string(id) + " is to be added and removed");
    }
    if (add.empty() && remove.empty())
        return group_record(*row, request.id);
    objects_.change_group(call, name, add, remove);
    return after_change([&] {
        const auto changed = objects_.group(call, name);
        const auto has = [&](const std::string &volume) {
            return changed && std::ranges::any_of(changed->volumes, [&](const std::string &each) {
                       return is_same_name(each, volume);
                   });
        };
        if (!changed || !std::ranges::all_of(add, has) || std::ranges::any_of(remove, has))
            throw lied("changed the members of group " + name + ", and they are others");
        return group_record(*changed, request.id);
    });
}

void FlashArray::group_destroy(drv::Call &call, std::string_view id) {
    check_uuid(id, "group");
    const std::string hash = Names::group_hash(id);
    for (const GroupSnapshot &each : group_snapshots(call, "name='*-" + hash + "'")) {
        if (each.group_hash == hash) {
            throw Error(Code::conflict,
                        "group " + std::string(id) + " cannot be destroyed: it has the snapshot " + each.id);
        }
    }
    const std::string name = names_.group(id);
    objects_.destroy_group(call, name);
    after_change([&] {
        if (objects_.group(call, name))
            throw lied("destroyed group " + name + ", and still has it");
        if (config_.eradicates && !objects_.eradicate_group(call, name)) {
            host_.warn("the array destroyed protection group " + name +
                       " and does not eradicate it: eradication is disabled there");
        }
    });
}

drv::Group FlashArray::group_get(drv::Call &call, std::string_view id) {
    check_uuid(id, "group");
    if (const auto row = objects_.group(call, names_.group(id)))
        return group_record(*row, id);
    if (const auto snapshot = find_group_snapshot(call, id))
        return group_snapshot_record(*snapshot, objects_.groups(call));
    throw Error(Code::not_found, "there is no group " + std::string(id) + " on the array");
}

void FlashArray::group_list(drv::Call &call, const drv::ListRequest &request, drv::GroupSink &sink) {
    std::map<std::string, GroupRow, std::less<>> rows;
    for (GroupRow &row : objects_.groups(call)) {
        if (auto id = names_.read_group(row.name))
            rows.emplace(std::move(*id), std::move(row));
    }
    std::vector<std::string> ids;
    for (const auto &[id, row] : rows)
        ids.push_back(id);
    drv::emit_page(call, request, sink, ids, [&](std::string_view id) {
        return std::optional(group_record(rows.find(id)->second, id));
    });
}

} // namespace flasharray
