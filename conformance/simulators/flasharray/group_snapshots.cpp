#include "conformance/simulators/flasharray/listing.hpp"
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/protection.hpp"
#include "conformance/simulators/flasharray/volumes.hpp"
#include "conformance/simulators/frame/clock.hpp"

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

json::object snapshot_row(const Model &model, const Ask &ask, const GroupSnapshot &snapshot) {
    const ProtectionGroup &group = model.store.groups.at(snapshot.group);
    json::object row{
        {"name", snapshot.name}, {"source", group.name}, {"created", utc_text(snapshot.created)}};
    if (ask.parameters.flag("transfer")) {
        // All that this array holds was made here and is complete.
        row["started"] = row["created"];
        row["completed"] = row["created"];
        row["progress"] = 1.0;
        row["data_transferred"] = 0;
        row["physical_bytes_written"] = 0;
    }
    if (ask.parameters.has("pending") || ask.parameters.has("pending_only"))
        row["time_remaining"] = time_remaining(model, snapshot.destroyed);
    return row;
}

GroupSnapshot take_snapshot(Model &model, const ProtectionGroup &group, const std::string &suffix) {
    Store &store = model.store;
    const std::string name = group.name + "." + suffix;
    if (store.group_snapshots.find(name) != nullptr)
        refuse(name, words::kSnapshotExists);
    std::vector<Id> members = group.volumes;
    // Of hosts and host groups: what is connected to them.
    for (const auto &[id, each] : store.connections.all()) {
        const auto holds = [](const std::vector<Id> &list, Id one) {
            return one != 0 && std::find(list.begin(), list.end(), one) != list.end();
        };
        if ((holds(group.hosts, each.host) || holds(group.groups, each.group)) &&
            !holds(members, each.volume))
            members.push_back(each.volume);
    }
    GroupSnapshot made = store.add(store.group_snapshots,
                                   GroupSnapshot{.name = name, .group = group.id, .created = model.now});
    for (const Id member : members) {
        const Volume &volume = store.volumes.at(member);
        if (!volume.destroyed)
            make_snapshot(model, volume, name + "." + volume.name, made.id);
    }
    return made;
}

} // namespace

std::vector<const GroupSnapshot *> snapshots_of_group(const Store &store, Id group) {
    std::vector<const GroupSnapshot *> out;
    for (const auto &[id, each] : store.group_snapshots.all()) {
        if (each.group == group)
            out.push_back(&each);
    }
    return out;
}

json::value snapshot_groups(Model &model, const Ask &ask) {
    const auto sources = ask.parameters.names("source");
    if (!ask.parameters.flag("snap") || !sources || sources->empty())
        refuse("", "Snapshots need 'snap' and 'source'.");
    if (ask.version < 4 && sources->size() > 1)
        refuse("source", "This version takes snapshots of one protection group at a time.");
    const std::string suffix = ask.parameters.text("suffix").value_or("");
    if (!suffix.empty())
        check_suffix(suffix);
    const std::string number = suffix.empty() ? model.store.next_suffix() : suffix;
    json::array rows;
    for (const std::string &source : *sources) {
        const ProtectionGroup group = live_group(model.store, source);
        rows.push_back(snapshot_row(model, ask, take_snapshot(model, group, number)));
    }
    // The answer changed its form when several groups became possible.
    return ask.version < 4 ? rows.front() : json::value(std::move(rows));
}

json::value list_group_snapshots(const Model &model, const Ask &ask, const ProtectionGroup *of) {
    const Pending pending = Pending::of(ask);
    if (of != nullptr) {
        json::array rows;
        for (const GroupSnapshot *each : snapshots_of_group(model.store, of->id)) {
            if (pending.take(each->destroyed))
                rows.push_back(snapshot_row(model, ask, *each));
        }
        return page_of(ask, std::move(rows));
    }
    const NamesWanted names(ask);
    json::array rows;
    for (const auto &[name, id] : model.store.group_snapshots.names()) {
        const GroupSnapshot &each = model.store.group_snapshots.at(id);
        if (pending.take(each.destroyed) &&
            (names.take(each.name) || names.take(model.store.groups.at(each.group).name)))
            rows.push_back(snapshot_row(model, ask, each));
    }
    return page_of(ask, std::move(rows));
}

json::value answer_group_snapshot(Model &model, const Ask &ask) {
    const std::string &name = ask.path[1];
    const GroupSnapshot *found = model.store.group_snapshots.find(name);
    if (found == nullptr)
        refuse(name, words::kNoGroupSnapshot);
    const GroupSnapshot snapshot = *found;
    if (ask.gets()) {
        if (!Pending::of(ask).take(snapshot.destroyed))
            refuse(name, words::kNoGroupSnapshot);
        json::object row = snapshot_row(model, ask, snapshot);
        return ask.parameters.flag("snap") ? json::value(json::array{std::move(row)})
                                           : json::value(std::move(row));
    }
    if (ask.puts()) {
        if (ask.parameters.text("action") != "recover")
            refuse(name, words::kCombination);
        if (!snapshot.destroyed)
            refuse(name, words::kNotPending);
        if (model.store.groups.at(snapshot.group).destroyed)
            refuse(name, words::kGroupDestroyed);
        recover_group_snapshot(model, snapshot.id);
    } else if (ask.removes() && ask.parameters.flag("eradicate")) {
        if (!snapshot.destroyed)
            refuse(name, words::kNotDestroyed);
        if (model.settings.safe_mode)
            refuse(name, words::kEradicationOff);
        eradicate_group_snapshot(model, snapshot.id);
    } else if (ask.removes()) {
        if (snapshot.destroyed)
            refuse(name, words::kSnapshotDestroyed);
        destroy_group_snapshot(model, snapshot.id, false);
    } else {
        refuse_path();
    }
    return json::object{{"name", snapshot.name}};
}

} // namespace drover::sim::flasharray
