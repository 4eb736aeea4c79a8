// Who is in a protection group, and where its snapshots may go.
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/protection.hpp"

#include <algorithm>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

// How the members of one kind are named in calls, and found.
struct Kind {
    const char *what;
    const char *list, *add, *remove;
    std::vector<Id> ProtectionGroup::*members;
    Id (*find)(const Store &store, const std::string &name);
};

const Kind kVolumes{"Volume",
                    "vollist",
                    "addvollist",
                    "remvollist",
                    &ProtectionGroup::volumes,
                    [](const Store &store, const std::string &name) { return live_volume(store, name).id; }};
const Kind kHosts{"Host",
                  "hostlist",
                  "addhostlist",
                  "remhostlist",
                  &ProtectionGroup::hosts,
                  [](const Store &store, const std::string &name) { return the_host(store, name).id; }};
const Kind kHostGroups{
    "Host group",
    "hgrouplist",
    "addhgrouplist",
    "remhgrouplist",
    &ProtectionGroup::groups,
    [](const Store &store, const std::string &name) { return the_host_group(store, name).id; }};

void add_member(Model &model, const Kind &kind, Id group, const std::string &name) {
    const Id member = kind.find(model.store, name);
    auto &members = model.store.groups.edit(group).*kind.members;
    if (std::ranges::find(members, member) != members.end())
        refuse(name, std::string(kind.what) + " " + words::kMember);
    members.push_back(member);
}

void remove_member(Model &model, const Kind &kind, Id group, const std::string &name) {
    const Id member = kind.find(model.store, name);
    if (std::erase(model.store.groups.edit(group).*kind.members, member) == 0)
        refuse(name, std::string(kind.what) + " " + words::kNoMember);
}

void change_kind(Model &model, const Ask &ask, const Kind &kind, Id group) {
    if (const auto all = ask.parameters.names(kind.list)) {
        (model.store.groups.edit(group).*kind.members).clear();
        for (const std::string &name : *all)
            add_member(model, kind, group, name);
    }
    for (const std::string &name : ask.parameters.names(kind.add).value_or(std::vector<std::string>()))
        add_member(model, kind, group, name);
    for (const std::string &name : ask.parameters.names(kind.remove).value_or(std::vector<std::string>()))
        remove_member(model, kind, group, name);
}

void add_target(Model &model, Id group, const std::string &name) {
    if (std::ranges::none_of(model.seed.targets,
                             [&](const auto &each) { return lower(each) == lower(name); }))
        refuse(name, words::kNoTarget);
    auto &targets = model.store.groups.edit(group).targets;
    if (std::ranges::any_of(targets, [&](const Target &each) { return lower(each.name) == lower(name); }))
        refuse(name, words::kTargetThere);
    targets.push_back({name, false});
}

void change_targets(Model &model, const Ask &ask, Id group) {
    if (const auto all = ask.parameters.names("targetlist")) {
        model.store.groups.edit(group).targets.clear();
        for (const std::string &name : *all)
            add_target(model, group, name);
    }
    for (const std::string &name : ask.parameters.names("addtargetlist").value_or(std::vector<std::string>()))
        add_target(model, group, name);
    for (const std::string &name :
         ask.parameters.names("remtargetlist").value_or(std::vector<std::string>())) {
        if (std::erase_if(model.store.groups.edit(group).targets,
                          [&](const Target &each) { return lower(each.name) == lower(name); }) == 0)
            refuse(name, std::string("Target ") + words::kNoMember);
    }
    if (!ask.parameters.has("allowed"))
        return;
    // Said on the target of itself; here the targets are only names, so it is said of all of them.
    const bool allows = ask.parameters.flag("allowed");
    auto &targets = model.store.groups.edit(group).targets;
    if (allows && !targets.empty() && std::ranges::all_of(targets, &Target::allowed))
        refuse(model.store.groups.at(group).name, words::kTargetAllowed);
    for (Target &each : targets)
        each.allowed = allows;
}

json::object membership(const Volume &volume, const ProtectionGroup &group) {
    return {{"name", volume.name}, {"protection_group", group.name}};
}

} // namespace

void change_members(Model &model, const Ask &ask, Id group) {
    for (const Kind *kind : {&kVolumes, &kHosts, &kHostGroups})
        change_kind(model, ask, *kind, group);
    const ProtectionGroup &now = model.store.groups.at(group);
    if (int(!now.volumes.empty()) + int(!now.hosts.empty()) + int(!now.groups.empty()) > 1)
        refuse(now.name, words::kMixedMembers);
    change_targets(model, ask, group);
}

json::value answer_volume_group(Model &model, const Ask &ask) {
    needs_version(ask, 7);
    const Volume volume = live_volume(model.store, ask.path[1]);
    if (ask.path.size() == 3 && ask.gets()) {
        json::array rows;
        for (const auto &[id, group] : model.store.groups.all()) {
            if (!group.destroyed && std::ranges::find(group.volumes, volume.id) != group.volumes.end())
                rows.push_back(membership(volume, group));
        }
        return rows;
    }
    if (ask.path.size() != 4)
        refuse_path();
    const ProtectionGroup group = live_group(model.store, ask.path[3]);
    if (ask.posts()) {
        add_member(model, kVolumes, group.id, volume.name);
        const ProtectionGroup &now = model.store.groups.at(group.id);
        if (!now.hosts.empty() || !now.groups.empty())
            refuse(now.name, words::kMixedMembers);
    } else if (ask.removes()) {
        remove_member(model, kVolumes, group.id, volume.name);
    } else {
        refuse_path();
    }
    return membership(volume, group);
}

void forget_member(Model &model, Id volume, Id host, Id host_group) {
    std::vector<Id> groups;
    const auto holds = [](const std::vector<Id> &list, Id one) {
        return one != 0 && std::ranges::find(list, one) != list.end();
    };
    for (const auto &[id, group] : model.store.groups.all()) {
        if (holds(group.volumes, volume) || holds(group.hosts, host) || holds(group.groups, host_group))
            groups.push_back(id);
    }
    for (const Id id : groups) {
        ProtectionGroup &group = model.store.groups.edit(id);
        std::erase(group.volumes, volume);
        std::erase(group.hosts, host);
        std::erase(group.groups, host_group);
    }
}

} // namespace drover::sim::flasharray
