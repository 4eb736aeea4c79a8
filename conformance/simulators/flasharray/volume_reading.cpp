// Lists of volumes and snapshots, in the shapes that `space`, `connect`, `qos` and the others ask for.
#include "conformance/simulators/flasharray/connections.hpp"
#include "conformance/simulators/flasharray/listing.hpp"
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/volumes.hpp"
#include "conformance/simulators/frame/clock.hpp"

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

json::value number_or_null(const std::optional<std::uint64_t> &number) {
    return number ? json::value(*number) : json::value();
}

json::object space_row(const Model &model, const Volume &volume) {
    const std::uint64_t used = model.devices->used_bytes(volume);
    const double written =
        volume.size == 0 ? 0.0 : static_cast<double>(used) / static_cast<double>(volume.size);
    std::uint64_t of_snapshots = 0;
    for (const Volume *each :
         volume.is_snapshot() ? std::vector<const Volume *>() : model.store.snapshots_of(volume.id))
        of_snapshots += model.devices->used_bytes(*each);
    return {{"name", volume.name},
            {"size", volume.size},
            {"total", used + of_snapshots},
            {"volumes", used},
            {"snapshots", of_snapshots},
            {"shared_space", nullptr},
            {"system", nullptr},
            {"data_reduction", 1.0},
            {"thin_provisioning", std::max(0.0, 1.0 - written)},
            {"total_reduction", 1.0}};
}

json::object monitor_row(const Model &model, const Volume &volume) {
    return {{"name", volume.name},   {"time", utc_text(model.now)}, {"reads_per_sec", 0},
            {"writes_per_sec", 0},   {"input_per_sec", 0},          {"output_per_sec", 0},
            {"usec_per_read_op", 0}, {"usec_per_write_op", 0}};
}

json::object limits_row(const Ask &ask, const Volume &volume) {
    json::object row{{"name", volume.name}, {"bandwidth_limit", number_or_null(volume.bandwidth_limit)}};
    if (ask.version >= 17)
        row["iops_limit"] = number_or_null(volume.iops_limit);
    return row;
}

// The columns that a call asks for.
enum class Columns { plain, space, monitor, limits };

Columns columns_of(const Ask &ask) {
    needs_version(ask, 14, "qos");
    if (ask.parameters.flag("space"))
        return Columns::space;
    if (ask.parameters.flag("qos"))
        return Columns::limits;
    const auto action = ask.parameters.text("action");
    if (action && *action != "monitor")
        refuse("action", "Invalid value for parameter 'action'.");
    return action ? Columns::monitor : Columns::plain;
}

json::object row_of(const Model &model, const Ask &ask, Columns columns, bool tells_remaining,
                    const Volume &volume) {
    json::object row = columns == Columns::space     ? space_row(model, volume)
                       : columns == Columns::monitor ? monitor_row(model, volume)
                       : columns == Columns::limits  ? limits_row(ask, volume)
                                                     : volume_row(volume);
    if (tells_remaining)
        row["time_remaining"] = time_remaining(model, volume.destroyed);
    return row;
}

json::array list_connected(const Model &model, const Ask &ask) {
    const NamesWanted names(ask);
    json::array rows;
    for (const Path &path : all_paths(model.store)) {
        if (names.take(path.volume->name)) {
            rows.push_back(
                {{"name", path.volume->name},
                 {"size", path.volume->size},
                 {"lun", path.lun},
                 {"host", path.host->name},
                 {"hgroup", path.group == nullptr ? json::value() : json::value(path.group->name)}});
        }
    }
    return page_of(ask, std::move(rows));
}

bool tells_remaining(const Ask &ask) {
    return ask.parameters.has("pending") || ask.parameters.has("pending_only");
}

// Of one volume, or of all: `names` then means snapshots or what they are of.
json::array list_snapshots(const Model &model, const Ask &ask, const Volume *of) {
    const Pending pending = Pending::of(ask);
    const Columns columns = columns_of(ask);
    const bool with_remaining = tells_remaining(ask);
    const auto row = [&](const Volume &each) { return row_of(model, ask, columns, with_remaining, each); };
    if (of != nullptr) {
        json::array rows;
        for (const Volume *each : model.store.snapshots_of(of->id)) {
            if (pending.take(each->destroyed))
                rows.emplace_back(row(*each));
        }
        return page_of(ask, std::move(rows));
    }
    const NamesWanted names(ask);
    json::array rows;
    if (ask.parameters.has("names")) {
        for (const auto &[name, id] : model.store.volumes.names()) {
            const Volume &each = model.store.volumes.at(id);
            if (each.is_snapshot() && pending.take(each.destroyed) &&
                (names.take(each.name) || names.take(each.source)))
                rows.emplace_back(row(each));
        }
        return page_of(ask, std::move(rows));
    }
    return list(
        ask, model.store.volumes,
        [&](const Volume &each) { return each.is_snapshot() && pending.take(each.destroyed); }, row);
}

} // namespace

json::object volume_row(const Volume &volume) {
    return {{"name", volume.name},
            {"size", volume.size},
            {"serial", volume.serial},
            {"created", utc_text(volume.created)},
            {"source", volume.source.empty() ? json::value() : json::value(volume.source)}};
}

json::value list_volumes(Model &model, const Ask &ask) {
    if (ask.parameters.flag("snap"))
        return list_snapshots(model, ask, nullptr);
    if (ask.parameters.flag("connect"))
        return list_connected(model, ask);
    const Pending pending = Pending::of(ask);
    const Columns columns = columns_of(ask);
    const bool with_remaining = tells_remaining(ask);
    const auto wanted = [&](const Volume &each) {
        return !each.is_snapshot() && pending.take(each.destroyed);
    };
    NamesWanted(ask).refuse_missing(
        [&](std::string_view name) {
            const Volume *found = model.store.volumes.find(name);
            return found != nullptr && wanted(*found);
        },
        words::kNoVolume);
    return list(ask, model.store.volumes, wanted,
                [&](const Volume &each) { return row_of(model, ask, columns, with_remaining, each); });
}

json::value show_volume(Model &model, const Ask &ask) {
    const std::string &name = ask.path[1];
    const Volume &volume = any_volume(model.store, name);
    // With `snap` it is the snapshots that "pending_only" is said of.
    const bool snapshots = ask.parameters.flag("snap");
    const Pending pending = Pending::of(ask);
    if (volume.destroyed ? !pending.destroyed : !pending.live && !snapshots)
        refuse(name, missing_words(name));
    if (snapshots)
        return volume.is_snapshot() ? json::array{volume_row(volume)} : list_snapshots(model, ask, &volume);
    const Columns columns = columns_of(ask);
    json::object row = row_of(model, ask, columns, tells_remaining(ask), volume);
    if (columns == Columns::monitor)
        return json::array{std::move(row)};
    return row;
}

} // namespace drover::sim::flasharray
