// The end of things: destroyed with what belongs to them, recovered with what fell with them, eradicated on
// request or when their time is over.
#include "conformance/simulators/flasharray/protection.hpp"
#include "conformance/simulators/flasharray/volumes.hpp"

#include <algorithm>
#include <limits>

namespace drover::sim::flasharray {

namespace {

// Of one destroyed now.
void note_due(Model &model) {
    model.next_due = std::min(model.next_due, model.now + model.settings.eradication_delay_s);
}

template <class T>
std::vector<Id> ids(const std::vector<const T *> &objects) {
    std::vector<Id> out;
    out.reserve(objects.size());
    for (const T *each : objects)
        out.push_back(each->id);
    return out;
}

template <class T>
std::vector<Id> due(Model &model, const Table<T> &table) {
    std::vector<Id> out;
    for (const auto &[id, object] : table.all()) {
        if (!object.destroyed)
            continue;
        const Seconds at = *object.destroyed + model.settings.eradication_delay_s;
        if (at <= model.now) {
            out.push_back(id);
        } else {
            model.next_due = std::min(model.next_due, at);
        }
    }
    return out;
}

} // namespace

void destroy_volume(Model &model, Id id, bool falls_with_parent) {
    Store &store = model.store;
    if (!store.volumes.at(id).is_snapshot()) {
        for (const Id snapshot : ids(store.snapshots_of(id))) {
            if (!store.volumes.at(snapshot).destroyed)
                destroy_volume(model, snapshot, true);
        }
    }
    Volume &volume = store.volumes.edit(id);
    volume.destroyed = model.now;
    volume.fell_with_parent = falls_with_parent;
    note_due(model);
}

void recover_volume(Model &model, Id id) {
    Store &store = model.store;
    Volume &volume = store.volumes.edit(id);
    volume.destroyed.reset();
    volume.fell_with_parent = false;
    if (volume.is_snapshot())
        return;
    for (const Id snapshot : ids(store.snapshots_of(id))) {
        if (store.volumes.at(snapshot).fell_with_parent)
            recover_volume(model, snapshot);
    }
}

void eradicate_volume(Model &model, Id id) {
    Store &store = model.store;
    const Volume volume = store.volumes.at(id);
    if (!volume.is_snapshot()) {
        for (const Id snapshot : ids(store.snapshots_of(id)))
            eradicate_volume(model, snapshot);
        forget_member(model, id, 0, 0);
    }
    store.volumes.erase(id);
    model.then([volume](Devices &devices) { return devices.erase(volume); });
}

void destroy_group_snapshot(Model &model, Id id, bool falls_with_parent) {
    for (const Id member : ids(model.store.members_of_snapshot(id)))
        destroy_volume(model, member, true);
    GroupSnapshot &snapshot = model.store.group_snapshots.edit(id);
    snapshot.destroyed = model.now;
    snapshot.fell_with_parent = falls_with_parent;
    note_due(model);
}

void recover_group_snapshot(Model &model, Id id) {
    for (const Id member : ids(model.store.members_of_snapshot(id)))
        recover_volume(model, member);
    GroupSnapshot &snapshot = model.store.group_snapshots.edit(id);
    snapshot.destroyed.reset();
    snapshot.fell_with_parent = false;
}

void eradicate_group_snapshot(Model &model, Id id) {
    for (const Id member : ids(model.store.members_of_snapshot(id)))
        eradicate_volume(model, member);
    model.store.group_snapshots.erase(id);
}

void destroy_group(Model &model, Id id) {
    for (const Id snapshot : ids(snapshots_of_group(model.store, id))) {
        if (!model.store.group_snapshots.at(snapshot).destroyed)
            destroy_group_snapshot(model, snapshot, true);
    }
    model.store.groups.edit(id).destroyed = model.now;
    note_due(model);
}

void recover_group(Model &model, Id id) {
    for (const Id snapshot : ids(snapshots_of_group(model.store, id))) {
        if (model.store.group_snapshots.at(snapshot).fell_with_parent)
            recover_group_snapshot(model, snapshot);
    }
    model.store.groups.edit(id).destroyed.reset();
}

void eradicate_group(Model &model, Id id) {
    for (const Id snapshot : ids(snapshots_of_group(model.store, id)))
        eradicate_group_snapshot(model, snapshot);
    model.store.groups.erase(id);
}

void eradicate_due(Model &model) {
    if (model.now < model.next_due)
        return;
    Store &store = model.store;
    model.next_due = std::numeric_limits<Seconds>::max();
    // Each takes others with it, which may be on the list, too.
    for (const Id id : due(model, store.groups))
        eradicate_group(model, id);
    for (const Id id : due(model, store.group_snapshots)) {
        if (store.group_snapshots.find(id) != nullptr)
            eradicate_group_snapshot(model, id);
    }
    for (const Id id : due(model, store.volumes)) {
        if (store.volumes.find(id) != nullptr)
            eradicate_volume(model, id);
    }
    for (const Id id : due(model, store.containers))
        store.containers.erase(id);
}

} // namespace drover::sim::flasharray
