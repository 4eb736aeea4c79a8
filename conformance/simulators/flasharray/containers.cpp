// Pods and volume groups: places for volumes, by name. What a pod is for, two arrays, is not here.
#include "conformance/simulators/flasharray/listing.hpp"
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/volumes.hpp"

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

struct Kind {
    bool is_pod;
    const char *what, *missing, *exists, *between;
};
constexpr Kind kPod{true, "Pod", words::kNoPod, words::kPodExists, "::"};
constexpr Kind kVolumeGroup{false, "Volume group", words::kNoVolumeGroup, words::kVolumeGroupExists, "/"};

std::vector<const Volume *> volumes_in(const Model &model, const Kind &kind, const Container &container) {
    std::vector<const Volume *> out;
    const std::string prefix = lower(container.name) + kind.between;
    const auto &names = model.store.volumes.names();
    for (auto it = names.lower_bound(prefix); it != names.end() && it->first.starts_with(prefix); ++it) {
        if (const Volume &each = model.store.volumes.at(it->second); !each.is_snapshot())
            out.push_back(&each);
    }
    return out;
}

json::object row_of(const Model &model, const Ask &ask, const Kind &kind, const Container &container) {
    json::object row{{"name", container.name}};
    if (kind.is_pod) {
        row["source"] = nullptr;
        row["arrays"] = json::array{{{"name", model.store.array.name},
                                     {"array_id", model.store.array.id},
                                     {"status", "online"},
                                     {"mediator_status", "online"},
                                     {"frozen_at", nullptr}}};
    } else {
        json::array volumes;
        for (const Volume *each : volumes_in(model, kind, container)) {
            if (!each->destroyed)
                volumes.emplace_back(each->name);
        }
        row["volumes"] = std::move(volumes);
    }
    if (ask.parameters.has("pending") || ask.parameters.has("pending_only"))
        row["time_remaining"] = time_remaining(model, container.destroyed);
    return row;
}

json::value remove(Model &model, const Ask &ask, const Kind &kind, const Container &container) {
    const Id id = container.id;
    json::object answer{{"name", container.name}};
    if (ask.parameters.flag("eradicate")) {
        if (!container.destroyed)
            refuse(container.name, words::kNotDestroyed);
        if (model.settings.safe_mode)
            refuse(container.name, words::kEradicationOff);
        if (!volumes_in(model, kind, container).empty())
            refuse(container.name, std::string(kind.what) + " cannot be eradicated while it has volumes.");
        model.store.containers.erase(id);
        return answer;
    }
    if (container.destroyed)
        refuse(container.name, std::string(kind.what) + " has been destroyed.");
    for (const Volume *each : volumes_in(model, kind, container)) {
        if (!each->destroyed)
            refuse(container.name, std::string(kind.what) + " cannot be destroyed while it has volumes.");
    }
    model.store.containers.edit(id).destroyed = model.now;
    model.next_due = std::min(model.next_due, model.now + model.settings.eradication_delay_s);
    return answer;
}

} // namespace

json::value answer_container(Model &model, const Ask &ask) {
    needs_version(ask, 13);
    const Kind &kind = ask.path[0] == "pod" ? kPod : kVolumeGroup;
    const Pending pending = Pending::of(ask);
    Table<Container> &table = model.store.containers;
    if (ask.path.size() == 1 && ask.gets()) {
        return list(
            ask, table,
            [&](const Container &each) { return each.is_pod == kind.is_pod && pending.take(each.destroyed); },
            [&](const Container &each) { return row_of(model, ask, kind, each); });
    }
    if (ask.path.size() != 2)
        refuse_path();
    const std::string &name = ask.path[1];
    const Container *found = table.find(name);
    if (ask.posts()) {
        check_plain_name(kind.what, name);
        if (found != nullptr)
            refuse(name, kind.exists);
        const Container &made = model.store.add(table, Container{.name = name, .is_pod = kind.is_pod});
        return row_of(model, ask, kind, made);
    }
    if (found == nullptr || found->is_pod != kind.is_pod)
        refuse(name, kind.missing);
    if (ask.gets()) {
        if (!pending.take(found->destroyed))
            refuse(name, kind.missing);
        return row_of(model, ask, kind, *found);
    }
    if (ask.puts() && ask.parameters.text("action") == "recover") {
        if (!found->destroyed)
            refuse(name, words::kNotPending);
        table.edit(found->id).destroyed.reset();
        return json::object{{"name", found->name}};
    }
    if (ask.removes())
        return remove(model, ask, kind, *found);
    refuse_path();
}

} // namespace drover::sim::flasharray
