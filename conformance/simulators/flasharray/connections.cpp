#include "conformance/simulators/flasharray/connections.hpp"

#include "conformance/simulators/flasharray/lookup.hpp"

#include <set>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

constexpr unsigned kFirstSharedLun = 254; // and downwards

// What the host has of it: 0 for nothing, for LUNs begin at 1.
unsigned lun_of(const Store &store, const Host &host, Id volume) {
    for (const Path &path : paths_of_host(store, host, Shared::both)) {
        if (path.volume->id == volume)
            return path.lun;
    }
    return 0;
}

std::set<unsigned> luns_of(const Store &store, const Host &host) {
    std::set<unsigned> used;
    for (const Path &path : paths_of_host(store, host, Shared::both))
        used.insert(path.lun);
    return used;
}

std::optional<unsigned> wanted_lun(const Model &model, const Ask &ask) {
    const auto wanted = ask.parameters.number("lun");
    if (wanted && (*wanted < 1 || *wanted > model.settings.most_lun))
        refuse("lun", "Invalid LUN: it is from 1 to " + std::to_string(model.settings.most_lun) + ".");
    return wanted ? std::optional(static_cast<unsigned>(*wanted)) : std::nullopt;
}

unsigned private_lun(const Model &model, const std::set<unsigned> &used) {
    for (unsigned lun = 1; lun <= model.settings.most_lun; ++lun) {
        if (!used.contains(lun))
            return lun;
    }
    refuse("lun", words::kNoFreeLun);
}

unsigned shared_lun(const std::set<unsigned> &used) {
    for (unsigned lun = kFirstSharedLun; lun >= 1; --lun) {
        if (!used.contains(lun))
            return lun;
    }
    refuse("lun", words::kNoFreeLun);
}

json::object connect_host(Model &model, const Ask &ask, const Host &host, const Volume &volume) {
    if (lun_of(model.store, host, volume.id) != 0)
        refuse(volume.name, words::kConnectionExists);
    const auto used = luns_of(model.store, host);
    const auto wanted = wanted_lun(model, ask);
    if (wanted && used.contains(*wanted))
        refuse(volume.name, words::kLunInUse);
    const unsigned lun = wanted ? *wanted : private_lun(model, used);
    model.store.add(model.store.connections, Connection{.volume = volume.id, .host = host.id, .lun = lun});
    model.then([host, volume, lun](Devices &devices) { return devices.connect(host, volume, lun); });
    return {{"name", host.name}, {"vol", volume.name}, {"lun", lun}};
}

json::object disconnect_host(Model &model, const Host &host, const Volume &volume) {
    for (const Connection *each : model.store.connections_of_host(host.id)) {
        if (each->volume != volume.id)
            continue;
        model.then([host, volume, lun = each->lun](Devices &devices) {
            return devices.disconnect(host, volume, lun);
        });
        model.store.connections.erase(each->id);
        return {{"name", host.name}, {"vol", volume.name}};
    }
    refuse(volume.name, words::kNotConnected);
}

json::object connect_group(Model &model, const Ask &ask, const HostGroup &group, const Volume &volume) {
    const auto hosts = model.store.hosts_of_group(group.id);
    std::set<unsigned> used;
    for (const Connection *each : model.store.connections_of_group(group.id)) {
        if (each->volume == volume.id)
            refuse(volume.name, words::kConnectionExists);
        used.insert(each->lun);
    }
    for (const Host *host : hosts) {
        if (lun_of(model.store, *host, volume.id) != 0)
            refuse(volume.name, words::kConnectionExists);
        used.merge(luns_of(model.store, *host));
    }
    const auto wanted = wanted_lun(model, ask);
    if (wanted && used.contains(*wanted))
        refuse(volume.name, words::kLunInUse);
    const unsigned lun = wanted ? *wanted : shared_lun(used);
    model.store.add(model.store.connections, Connection{.volume = volume.id, .group = group.id, .lun = lun});
    for (const Host *host : hosts) {
        model.then(
            [host = *host, volume, lun](Devices &devices) { return devices.connect(host, volume, lun); });
    }
    return {{"name", group.name}, {"vol", volume.name}, {"lun", lun}};
}

json::object disconnect_group(Model &model, const HostGroup &group, const Volume &volume) {
    for (const Connection *each : model.store.connections_of_group(group.id)) {
        if (each->volume != volume.id)
            continue;
        for (const Host *host : model.store.hosts_of_group(group.id)) {
            model.then([host = *host, volume, lun = each->lun](Devices &devices) {
                return devices.disconnect(host, volume, lun);
            });
        }
        model.store.connections.erase(each->id);
        return {{"name", group.name}, {"vol", volume.name}};
    }
    refuse(volume.name, words::kNotConnectedToGroup);
}

json::value name_or_null(const HostGroup *group) {
    return group == nullptr ? json::value() : json::value(group->name);
}

} // namespace

Shared shared_of(const Ask &ask) {
    const bool is_private = ask.parameters.flag("private");
    const bool is_shared = ask.parameters.flag("shared");
    return is_private == is_shared ? Shared::both : is_shared ? Shared::yes : Shared::no;
}

std::vector<Path> paths_of_host(const Store &store, const Host &host, Shared shared) {
    std::vector<Path> paths;
    for (const auto &[id, each] : store.connections.all()) {
        if (each.host == host.id && shared != Shared::yes) {
            paths.push_back({&host, &store.volumes.at(each.volume), nullptr, each.lun});
        } else if (each.group != 0 && each.group == host.group && shared != Shared::no) {
            paths.push_back(
                {&host, &store.volumes.at(each.volume), store.host_groups.find(each.group), each.lun});
        }
    }
    return paths;
}

std::vector<Path> paths_of_volume(const Store &store, const Volume &volume, Shared shared) {
    std::vector<Path> paths;
    for (const Connection *each : store.connections_of_volume(volume.id)) {
        if (each->host != 0 && shared != Shared::yes)
            paths.push_back({store.hosts.find(each->host), &volume, nullptr, each->lun});
        if (each->group == 0 || shared == Shared::no)
            continue;
        for (const Host *host : store.hosts_of_group(each->group))
            paths.push_back({host, &volume, store.host_groups.find(each->group), each->lun});
    }
    return paths;
}

std::vector<Path> all_paths(const Store &store) {
    std::vector<Path> paths;
    for (const auto &[id, each] : store.connections.all()) {
        const Volume &volume = store.volumes.at(each.volume);
        if (each.host != 0)
            paths.push_back({store.hosts.find(each.host), &volume, nullptr, each.lun});
        for (const Host *host :
             each.group == 0 ? std::vector<const Host *>() : store.hosts_of_group(each.group))
            paths.push_back({host, &volume, store.host_groups.find(each.group), each.lun});
    }
    return paths;
}

json::value answer_host_volume(Model &model, const Ask &ask) {
    const Host &host = the_host(model.store, ask.path[1]);
    if (ask.path.size() == 3 && ask.gets()) {
        json::array rows;
        for (const Path &path : paths_of_host(model.store, host, shared_of(ask))) {
            rows.push_back({{"name", host.name},
                            {"vol", path.volume->name},
                            {"lun", path.lun},
                            {"hgroup", name_or_null(path.group)}});
        }
        return rows;
    }
    if (ask.path.size() != 4)
        refuse_path();
    const Volume &volume = live_volume(model.store, ask.path[3]);
    if (ask.posts())
        return connect_host(model, ask, host, volume);
    if (ask.removes())
        return disconnect_host(model, host, volume);
    refuse_path();
}

json::value answer_host_group_volume(Model &model, const Ask &ask) {
    const HostGroup &group = the_host_group(model.store, ask.path[1]);
    if (ask.path.size() == 3 && ask.gets()) {
        json::array rows;
        for (const Connection *each : model.store.connections_of_group(group.id)) {
            rows.push_back({{"name", group.name},
                            {"vol", model.store.volumes.at(each->volume).name},
                            {"lun", each->lun}});
        }
        return rows;
    }
    if (ask.path.size() != 4)
        refuse_path();
    const Volume &volume = live_volume(model.store, ask.path[3]);
    if (ask.posts())
        return connect_group(model, ask, group, volume);
    if (ask.removes())
        return disconnect_group(model, group, volume);
    refuse_path();
}

json::value answer_volume_host(const Model &model, const Ask &ask) {
    if (!ask.gets() || ask.path.size() != 3)
        refuse_path();
    const Volume &volume = live_volume(model.store, ask.path[1]);
    json::array rows;
    // Here "name" is the volume, in rows of host/H/volume it is the host.
    for (const Path &path : paths_of_volume(model.store, volume, Shared::no)) {
        rows.push_back(
            {{"host", path.host->name}, {"name", volume.name}, {"lun", path.lun}, {"size", volume.size}});
    }
    return rows;
}

json::value answer_volume_host_group(const Model &model, const Ask &ask) {
    if (!ask.gets() || ask.path.size() != 3)
        refuse_path();
    const Volume &volume = live_volume(model.store, ask.path[1]);
    json::array rows;
    for (const Connection *each : model.store.connections_of_volume(volume.id)) {
        if (each->group != 0) {
            rows.push_back({{"hgroup", model.store.host_groups.at(each->group).name},
                            {"name", volume.name},
                            {"lun", each->lun},
                            {"size", volume.size}});
        }
    }
    return rows;
}

void join_group(Model &model, Id host_id, Id group) {
    Store &store = model.store;
    const Host before = store.hosts.at(host_id);
    if (before.group == group)
        return;
    if (before.group != 0)
        refuse(before.name, words::kInOtherHostGroup);
    const auto used = luns_of(store, before);
    for (const Connection *each : store.connections_of_group(group)) {
        if (lun_of(store, before, each->volume) != 0)
            refuse(before.name, words::kConnectionExists);
        if (used.contains(each->lun))
            refuse(before.name, words::kLunInUse);
    }
    store.hosts.edit(host_id).group = group;
    for (const Connection *each : store.connections_of_group(group)) {
        model.then([host = store.hosts.at(host_id), volume = store.volumes.at(each->volume),
                    lun = each->lun](Devices &devices) { return devices.connect(host, volume, lun); });
    }
}

void leave_group(Model &model, Id host_id) {
    Store &store = model.store;
    const Host before = store.hosts.at(host_id);
    for (const Connection *each : store.connections_of_group(before.group)) {
        if (before.group != 0) {
            model.then([before, volume = store.volumes.at(each->volume), lun = each->lun](Devices &devices) {
                return devices.disconnect(before, volume, lun);
            });
        }
    }
    store.hosts.edit(host_id).group = 0;
}

} // namespace drover::sim::flasharray
