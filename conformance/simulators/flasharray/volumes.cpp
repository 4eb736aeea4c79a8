#include "conformance/simulators/flasharray/volumes.hpp"

#include "conformance/simulators/flasharray/connections.hpp"
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/names.hpp"
#include "conformance/simulators/flasharray/protection.hpp"

#include <algorithm>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

constexpr std::uint64_t kLeastSize = 1ULL << 20U;
constexpr std::uint64_t kMostSize = 4ULL << 50U;
constexpr std::uint64_t kLeastBandwidth = 1ULL << 20U;
constexpr std::uint64_t kMostBandwidth = 512ULL << 30U;
constexpr std::uint64_t kLeastIops = 100;
constexpr std::uint64_t kMostIops = 100'000'000;

std::uint64_t checked_size(std::string_view name, std::uint64_t bytes) {
    if (bytes == 0 || bytes % 512 != 0 || bytes > kMostSize)
        refuse(name, words::kSizeRange);
    return std::max(bytes, kLeastSize); // rounded up, as the array does
}

// An empty text clears a limit. The outer optional: the call says something of it.
std::optional<std::optional<std::uint64_t>> limit_of(const Ask &ask, std::string_view key,
                                                     std::uint64_t least, std::uint64_t most) {
    if (!ask.parameters.has(key))
        return std::nullopt;
    if (const auto bytes = [&]() -> std::optional<std::uint64_t> {
            try {
                if (ask.parameters.text(key)->empty())
                    return std::nullopt;
            } catch (const Refusal &) { // a number, no text
            }
            return ask.parameters.size(key);
        }()) {
        if (*bytes < least || *bytes > most) {
            refuse(key, "Invalid value for parameter '" + std::string(key) + "': it is from " +
                            std::to_string(least) + " to " + std::to_string(most) + ".");
        }
        return bytes;
    }
    return std::optional<std::uint64_t>();
}

void set_limits(const Ask &ask, Volume &volume) {
    needs_version(ask, 14, "bandwidth_limit");
    needs_version(ask, 17, "iops_limit");
    if (const auto limit = limit_of(ask, "bandwidth_limit", kLeastBandwidth, kMostBandwidth))
        volume.bandwidth_limit = *limit;
    if (const auto limit = limit_of(ask, "iops_limit", kLeastIops, kMostIops))
        volume.iops_limit = *limit;
}

// The name of a new volume: free, well-formed, in a container that is there.
void check_new_name(const Model &model, const Ask &ask, std::string_view name) {
    const NameParts parts = parts_of(name);
    check_volume_name(parts.leaf);
    if (!parts.container.empty()) {
        const Container *container =
            ask.version < 13 ? nullptr : model.store.containers.find(parts.container);
        if (container == nullptr || container->destroyed || container->is_pod != (parts.between == "::"))
            refuse(name, parts.between == "::" ? words::kNoPod : words::kNoVolumeGroup);
    }
    if (model.store.volumes.find(name) != nullptr)
        refuse(name, words::kVolumeExists);
}

void check_room(const Model &model, std::string_view name) {
    if (model.store.volumes.size() >= model.settings.most_volumes) {
        refuse(name, "Volume limit reached: the maximum number of volumes and snapshots is " +
                         std::to_string(model.settings.most_volumes) +
                         ", and those pending eradication count.");
    }
}

Volume fresh(Model &model, std::string name, std::uint64_t size, std::string source) {
    return {.name = std::move(name),
            .size = size,
            .serial = model.store.next_serial(),
            .created = model.now,
            .source = std::move(source)};
}

// What an overwrite or a truncation loses can be recovered for a while.
void keep_undo_snapshot(Model &model, const Volume &volume) {
    const Volume undo = make_snapshot(model, volume, volume.name + "." + model.store.next_suffix(), 0);
    destroy_volume(model, undo.id, false);
}

json::object copy_volume(Model &model, const Ask &ask, const std::string &name,
                         const std::string &source_name) {
    const Volume source = live_source(model.store, source_name);
    const Volume *target = model.store.volumes.find(name);
    if (target == nullptr) {
        check_new_name(model, ask, name);
        check_room(model, name);
        Volume made = fresh(model, name, source.size, source.is_snapshot() ? source.source : source.name);
        set_limits(ask, made);
        made = model.store.add(model.store.volumes, std::move(made));
        model.then([source, made](Devices &devices) { return devices.copy(source, made); });
        return volume_row(made);
    }
    if (!ask.parameters.flag("overwrite") || target->destroyed)
        refuse(name, words::kVolumeExists);
    if (target->is_snapshot())
        refuse(name, words::kSnapshotExists);
    const Id id = target->id;
    if (id == source.id)
        refuse(name, "A volume cannot be overwritten with itself.");
    keep_undo_snapshot(model, model.store.volumes.at(id));
    Volume &changed = model.store.volumes.edit(id);
    changed.size = source.size;
    changed.source = source.is_snapshot() ? source.source : source.name;
    changed.created = model.now;
    model.then([source, changed](Devices &devices) { return devices.copy(source, changed); });
    return volume_row(changed);
}

json::object resize(Model &model, const Ask &ask, const Volume &volume) {
    const std::uint64_t size = checked_size(volume.name, *ask.parameters.size("size"));
    const bool truncates = ask.parameters.flag("truncate");
    if (size < volume.size && !truncates)
        refuse(volume.name, words::kShrinks);
    const Id id = volume.id;
    if (size < volume.size)
        keep_undo_snapshot(model, model.store.volumes.at(id));
    Volume &changed = model.store.volumes.edit(id);
    changed.size = size;
    model.then([changed](Devices &devices) { return devices.resize(changed); });
    return {{"name", changed.name}, {"size", changed.size}};
}

void rename_volume(Model &model, Id id, const std::string &name) {
    Store &store = model.store;
    const std::string before = store.volumes.at(id).name;
    const auto snapshots = store.snapshots_of(id);
    std::vector<std::pair<Id, std::string>> renamed;
    renamed.reserve(snapshots.size());
    for (const Volume *each : snapshots)
        renamed.emplace_back(each->id, name + each->name.substr(before.size()));
    store.volumes.rename(id, name);
    for (auto &[snapshot, its_name] : renamed) {
        store.volumes.rename(snapshot, std::move(its_name));
        store.volumes.edit(snapshot).source = name;
    }
}

json::object rename(Model &model, const Ask &ask, const Volume &volume) {
    const std::string name = *ask.parameters.text("name");
    const bool only_case = lower(name) == lower(volume.name);
    if (volume.is_snapshot()) {
        if (ask.version < 4)
            refuse(volume.name, "Snapshots cannot be renamed in this version.");
        if (volume.group_snapshot != 0)
            refuse(volume.name, "A snapshot of a protection group is renamed with its group's snapshot.");
        const std::string parent = volume.name.substr(0, volume.name.rfind('.') + 1);
        if (lower(name).substr(0, parent.size()) != lower(parent))
            refuse(name, "Only the suffix of a snapshot can be changed.");
        check_suffix(std::string_view(name).substr(parent.size()));
        if (!only_case && model.store.volumes.find(name) != nullptr)
            refuse(name, words::kSnapshotExists);
        model.store.volumes.rename(volume.id, parent + name.substr(parent.size()));
        return {{"name", name}};
    }
    if (only_case) {
        check_volume_name(parts_of(name).leaf);
    } else {
        check_new_name(model, ask, name);
    }
    rename_volume(model, volume.id, name);
    return {{"name", name}};
}

// PUT with "container": the leaf of the name stays.
json::object move(Model &model, const Ask &ask, const Volume &volume) {
    const std::string to = *ask.parameters.text("container");
    const std::string leaf(parts_of(volume.name).leaf);
    if (to.empty()) {
        if (model.store.volumes.find(leaf) != nullptr)
            refuse(leaf, words::kVolumeExists);
        rename_volume(model, volume.id, leaf);
        return {{"name", leaf}};
    }
    const Container *container = model.store.containers.find(to);
    if (container == nullptr || container->destroyed)
        refuse(to, words::kNoVolumeGroup);
    const std::string name = container->name + (container->is_pod ? "::" : "/") + leaf;
    if (model.store.volumes.find(name) != nullptr)
        refuse(name, words::kVolumeExists);
    rename_volume(model, volume.id, name);
    return {{"name", name}};
}

} // namespace

Volume make_snapshot(Model &model, const Volume &of, std::string name, Id group_snapshot) {
    check_room(model, name);
    const Volume source = of;
    Volume made = fresh(model, std::move(name), source.size, source.name);
    made.parent = group_snapshot == 0 ? source.id : 0;
    made.group_snapshot = group_snapshot;
    made = model.store.add(model.store.volumes, std::move(made));
    model.then([source, made](Devices &devices) { return devices.copy(source, made); });
    return made;
}

json::value make_volume(Model &model, const Ask &ask) {
    const std::string &name = ask.path[1];
    const auto source = ask.parameters.text("source");
    const auto size = ask.parameters.size("size");
    if (source && size)
        refuse(name, words::kCombination);
    if (source)
        return copy_volume(model, ask, name, *source);
    check_new_name(model, ask, name);
    if (!size)
        refuse(name, "A size or a source is required.");
    check_room(model, name);
    Volume made = fresh(model, name, checked_size(name, *size), "");
    set_limits(ask, made);
    made = model.store.add(model.store.volumes, std::move(made));
    model.then([made](Devices &devices) { return devices.make(made); });
    json::object row = volume_row(made);
    if (made.bandwidth_limit)
        row["bandwidth_limit"] = *made.bandwidth_limit;
    if (made.iops_limit)
        row["iops_limit"] = *made.iops_limit;
    return row;
}

json::value make_snapshots(Model &model, const Ask &ask) {
    const auto sources = ask.parameters.names("source");
    if (!ask.parameters.flag("snap") || !sources || sources->empty())
        refuse("", "Snapshots need 'snap' and 'source'.");
    const std::string suffix = ask.parameters.text("suffix").value_or("");
    if (!suffix.empty())
        check_suffix(suffix);
    Refusals refusals;
    json::array rows;
    const std::string number = suffix.empty() ? model.store.next_suffix() : suffix;
    for (const std::string &source : *sources) {
        try {
            const Volume of = live_volume(model.store, source);
            std::string name = of.name + "." + number;
            if (model.store.volumes.find(name) != nullptr)
                refuse(name, words::kSnapshotExists);
            rows.push_back(volume_row(make_snapshot(model, of, std::move(name), 0)));
        } catch (Refusal &refusal) {
            refusals.all.push_back(std::move(refusal));
        }
    }
    if (!refusals.all.empty())
        throw std::move(refusals);
    return rows;
}

json::value change_volume(Model &model, const Ask &ask) {
    const Volume volume = any_volume(model.store, ask.path[1]);
    const Parameters &parameters = ask.parameters;
    needs_version(ask, 13, "container");
    const bool limits = parameters.has("bandwidth_limit") || parameters.has("iops_limit");
    if (int(parameters.has("size")) + int(parameters.has("name")) + int(parameters.has("action")) +
            int(limits) + int(parameters.has("container")) !=
        1)
        refuse(volume.name, words::kCombination);
    if (const auto action = parameters.text("action")) {
        if (*action != "recover")
            refuse("action", "Invalid value for parameter 'action'.");
        if (!volume.destroyed)
            refuse(volume.name, words::kNotPending);
        if (volume.group_snapshot != 0)
            refuse(volume.name, "A snapshot of a protection group is recovered with its group's snapshot.");
        if (volume.parent != 0 && model.store.volumes.at(volume.parent).destroyed)
            refuse(volume.name, "The volume of this snapshot has been destroyed: recover the volume.");
        recover_volume(model, volume.id);
        return json::object{{"name", volume.name}};
    }
    if (volume.destroyed)
        refuse(volume.name, missing_words(volume.name));
    if (parameters.has("name"))
        return rename(model, ask, volume);
    if (volume.is_snapshot())
        refuse(volume.name, words::kNoVolume);
    if (parameters.has("container"))
        return move(model, ask, volume);
    if (parameters.has("size"))
        return resize(model, ask, volume);
    Volume &changed = model.store.volumes.edit(volume.id);
    set_limits(ask, changed);
    json::object row{{"name", changed.name}};
    row["bandwidth_limit"] = changed.bandwidth_limit ? json::value(*changed.bandwidth_limit) : json::value();
    if (ask.version >= 17)
        row["iops_limit"] = changed.iops_limit ? json::value(*changed.iops_limit) : json::value();
    return row;
}

json::value remove_volume(Model &model, const Ask &ask) {
    const std::string &name = ask.path[1];
    const Volume *found = model.store.volumes.find(name);
    if (found == nullptr)
        refuse(name, name.find('.') == std::string::npos ? words::kNoVolume : "No such volume or snapshot.");
    const Volume volume = *found;
    if (volume.group_snapshot != 0)
        refuse(volume.name, "A snapshot of a protection group is destroyed with its group's snapshot.");
    if (ask.parameters.flag("eradicate")) {
        if (!volume.destroyed)
            refuse(volume.name, words::kNotDestroyed);
        if (model.settings.safe_mode)
            refuse(volume.name, words::kEradicationOff);
        eradicate_volume(model, volume.id);
        return json::object{{"name", volume.name}};
    }
    if (volume.destroyed)
        refuse(volume.name, volume.is_snapshot() ? words::kSnapshotDestroyed : words::kVolumeDestroyed);
    if (!model.store.connections_of_volume(volume.id).empty())
        refuse(volume.name, words::kVolumeConnected);
    destroy_volume(model, volume.id, false);
    return json::object{{"name", volume.name}};
}

} // namespace drover::sim::flasharray
