#include "conformance/simulators/flasharray/listing.hpp"
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/protection.hpp"

#include <array>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

struct ScheduleKey {
    std::string_view key;
    bool is_claim;
    std::int64_t otherwise; // of a group that nothing was said to
    bool is_retention;
};
constexpr std::array kSchedule{
    ScheduleKey{"snap_enabled", true, 0, false},
    ScheduleKey{"snap_frequency", false, 3600, false},
    ScheduleKey{"snap_at", false, -1, false},
    ScheduleKey{"replicate_enabled", true, 0, false},
    ScheduleKey{"replicate_frequency", false, 14400, false},
    ScheduleKey{"replicate_at", false, -1, false},
    ScheduleKey{"all_for", false, 86400, true},
    ScheduleKey{"per_day", false, 4, true},
    ScheduleKey{"days", false, 7, true},
    ScheduleKey{"target_all_for", false, 86400, true},
    ScheduleKey{"target_per_day", false, 4, true},
    ScheduleKey{"target_days", false, 7, true},
};

// Lists are null when they are empty.
template <class T>
json::value names_of(const std::vector<Id> &ids, const Table<T> &table) {
    json::array names;
    for (const Id id : ids) {
        const T &object = table.at(id);
        if constexpr (requires { object.destroyed; }) {
            if (object.destroyed)
                continue;
        }
        names.emplace_back(object.name);
    }
    return names.empty() ? json::value() : json::value(std::move(names));
}

json::object group_row(const Model &model, const ProtectionGroup &group) {
    json::array targets;
    for (const Target &target : group.targets)
        targets.push_back({{"name", target.name}, {"allowed", target.allowed}});
    return {{"name", group.name},
            {"source", model.store.array.name},
            {"volumes", names_of(group.volumes, model.store.volumes)},
            {"hosts", names_of(group.hosts, model.store.hosts)},
            {"hgroups", names_of(group.groups, model.store.host_groups)},
            {"targets", targets.empty() ? json::value() : json::value(std::move(targets))}};
}

json::object schedule_row(const ProtectionGroup &group, bool retention) {
    json::object row{{"name", group.name}};
    for (const ScheduleKey &each : kSchedule) {
        if (each.is_retention != retention)
            continue;
        const auto said = group.schedule.find(std::string(each.key));
        const std::int64_t value = said == group.schedule.end() ? each.otherwise : said->second;
        row[json::string_view(each.key.data(), each.key.size())] = each.is_claim ? json::value(value != 0)
                                                                   : value < 0   ? json::value()
                                                                                 : json::value(value);
    }
    if (!retention)
        row["replicate_blackout"] = nullptr;
    return row;
}

json::object space_row(const Model &model, const ProtectionGroup &group) {
    std::uint64_t used = 0;
    for (const GroupSnapshot *snapshot : snapshots_of_group(model.store, group.id)) {
        for (const Volume *member : model.store.members_of_snapshot(snapshot->id))
            used += model.devices->used_bytes(*member);
    }
    return {{"name", group.name}, {"snapshots", used}};
}

json::object row_of(const Model &model, const Ask &ask, const ProtectionGroup &group) {
    json::object row = ask.parameters.flag("schedule")    ? schedule_row(group, false)
                       : ask.parameters.flag("retention") ? schedule_row(group, true)
                       : ask.parameters.flag("space")     ? space_row(model, group)
                                                          : group_row(model, group);
    if (ask.parameters.has("pending") || ask.parameters.has("pending_only"))
        row["time_remaining"] = time_remaining(model, group.destroyed);
    return row;
}

bool set_schedule(Model &model, const Ask &ask, Id id) {
    bool said = false;
    for (const ScheduleKey &each : kSchedule) {
        if (!ask.parameters.has(each.key))
            continue;
        const auto value =
            each.is_claim ? std::uint64_t(ask.parameters.flag(each.key)) : *ask.parameters.number(each.key);
        model.store.groups.edit(id).schedule[std::string(each.key)] =
            static_cast<std::int64_t>(value & INT64_MAX);
        said = true;
    }
    return said;
}

void rename(Model &model, const ProtectionGroup &group, const std::string &name) {
    Store &store = model.store;
    check_plain_name("Protection group", name);
    if (const ProtectionGroup *other = store.groups.find(name); other != nullptr && other->id != group.id)
        refuse(name, other->destroyed ? words::kGroupDestroyed : words::kGroupExists);
    for (const GroupSnapshot *snapshot : snapshots_of_group(store, group.id)) {
        const Id id = snapshot->id;
        const std::size_t cut = group.name.size();
        std::vector<std::pair<Id, std::string>> members;
        for (const Volume *member : store.members_of_snapshot(id))
            members.emplace_back(member->id, name + member->name.substr(cut));
        for (auto &[member, its_name] : members)
            store.volumes.rename(member, std::move(its_name));
        store.group_snapshots.rename(id, name + store.group_snapshots.at(id).name.substr(cut));
    }
    store.groups.rename(group.id, name);
}

json::value make(Model &model, const Ask &ask) {
    const std::string &name = ask.path[1];
    check_plain_name("Protection group", name);
    if (const ProtectionGroup *there = model.store.groups.find(name))
        refuse(name, there->destroyed ? words::kGroupDestroyed : words::kGroupExists);
    const Id id = model.store.add(model.store.groups, ProtectionGroup{.name = name}).id;
    change_members(model, ask, id);
    return group_row(model, model.store.groups.at(id));
}

json::value change(Model &model, const Ask &ask) {
    const ProtectionGroup *found = model.store.groups.find(ask.path[1]);
    if (found == nullptr)
        refuse(ask.path[1], words::kNoGroup);
    const ProtectionGroup group = *found;
    const auto action = ask.parameters.text("action");
    const auto name = ask.parameters.text("name");
    if (action) {
        if (*action != "recover" || name)
            refuse(group.name, words::kCombination);
        if (!group.destroyed)
            refuse(group.name, words::kNotPending);
        recover_group(model, group.id);
        return json::object{{"name", group.name}};
    }
    if (group.destroyed)
        refuse(group.name, words::kNoGroup);
    if (name) {
        rename(model, group, *name);
        return json::object{{"name", *name}};
    }
    change_members(model, ask, group.id);
    const bool said = set_schedule(model, ask, group.id);
    const ProtectionGroup &now = model.store.groups.at(group.id);
    if (!said)
        return group_row(model, now);
    json::object row = schedule_row(now, false);
    for (const auto &member : schedule_row(now, true))
        row[member.key()] = member.value();
    return row;
}

json::value remove(Model &model, const Ask &ask) {
    const ProtectionGroup *found = model.store.groups.find(ask.path[1]);
    if (found == nullptr)
        refuse(ask.path[1], words::kNoGroup);
    const ProtectionGroup group = *found;
    if (ask.parameters.flag("eradicate")) {
        if (!group.destroyed)
            refuse(group.name, words::kNotDestroyed);
        if (model.settings.safe_mode)
            refuse(group.name, words::kEradicationOff);
        eradicate_group(model, group.id);
    } else {
        if (group.destroyed)
            refuse(group.name, words::kGroupDestroyed);
        destroy_group(model, group.id);
    }
    return json::object{{"name", group.name}};
}

json::value show(const Model &model, const Ask &ask) {
    const ProtectionGroup *group = model.store.groups.find(ask.path[1]);
    // With these it is the snapshots that "pending_only" is said of.
    const bool snapshots = ask.parameters.flag("snap") || ask.parameters.flag("transfer");
    const Pending pending = Pending::of(ask);
    if (group == nullptr || (group->destroyed ? !pending.destroyed : !pending.live && !snapshots))
        refuse(ask.path[1], words::kNoGroup);
    if (snapshots)
        return list_group_snapshots(model, ask, group);
    return row_of(model, ask, *group);
}

json::value list_all(const Model &model, const Ask &ask) {
    if (ask.parameters.flag("snap") || ask.parameters.flag("transfer"))
        return list_group_snapshots(model, ask, nullptr);
    const Pending pending = Pending::of(ask);
    const auto wanted = [&](const ProtectionGroup &each) { return pending.take(each.destroyed); };
    NamesWanted(ask).refuse_missing(
        [&](std::string_view name) {
            const ProtectionGroup *found = model.store.groups.find(name);
            return found != nullptr && wanted(*found);
        },
        words::kNoGroup);
    return list(ask, model.store.groups, wanted,
                [&](const ProtectionGroup &each) { return row_of(model, ask, each); });
}

} // namespace

json::value answer_group(Model &model, const Ask &ask) {
    needs_version(ask, 2);
    if (ask.path.size() == 1) {
        if (ask.gets())
            return list_all(model, ask);
        if (ask.posts())
            return snapshot_groups(model, ask);
        refuse_path();
    }
    if (ask.path.size() != 2)
        refuse_path();
    if (ask.path[1].find('.') != std::string::npos)
        return answer_group_snapshot(model, ask);
    if (ask.gets())
        return show(model, ask);
    if (ask.posts())
        return make(model, ask);
    if (ask.puts())
        return change(model, ask);
    if (ask.removes())
        return remove(model, ask);
    refuse_path();
}

} // namespace drover::sim::flasharray
