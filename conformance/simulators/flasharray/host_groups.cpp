#include "conformance/simulators/flasharray/connections.hpp"
#include "conformance/simulators/flasharray/listing.hpp"
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/protection.hpp"

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

json::object row_of(const Model &model, const HostGroup &group) {
    json::array hosts;
    for (const Host *host : model.store.hosts_of_group(group.id))
        hosts.emplace_back(host->name);
    return {{"name", group.name}, {"hosts", std::move(hosts)}};
}

void change_hosts(Model &model, const Ask &ask, const HostGroup &group) {
    Store &store = model.store;
    if (const auto all = ask.parameters.names("hostlist")) {
        std::vector<Id> wanted;
        for (const std::string &name : *all)
            wanted.push_back(the_host(store, name).id);
        for (const Host *host : store.hosts_of_group(group.id)) {
            if (std::ranges::find(wanted, host->id) == wanted.end())
                leave_group(model, host->id);
        }
        for (const Id host : wanted)
            join_group(model, host, group.id);
    }
    for (const std::string &name : ask.parameters.names("addhostlist").value_or(std::vector<std::string>())) {
        const Host &host = the_host(store, name);
        if (host.group == group.id)
            refuse(name, words::kInOtherHostGroup);
        join_group(model, host.id, group.id);
    }
    for (const std::string &name : ask.parameters.names("remhostlist").value_or(std::vector<std::string>())) {
        const Host &host = the_host(store, name);
        if (host.group != group.id)
            refuse(name, words::kNotInHostGroup);
        leave_group(model, host.id);
    }
}

json::value make(Model &model, const Ask &ask) {
    const std::string &name = ask.path[1];
    check_plain_name("Host group", name);
    if (model.store.host_groups.find(name) != nullptr)
        refuse(name, words::kHostGroupExists);
    const HostGroup made = model.store.add(model.store.host_groups, HostGroup{.name = name});
    change_hosts(model, ask, made);
    return row_of(model, made);
}

json::value change(Model &model, const Ask &ask) {
    const HostGroup group = the_host_group(model.store, ask.path[1]);
    if (const auto name = ask.parameters.text("name")) {
        check_plain_name("Host group", *name);
        if (const HostGroup *other = model.store.host_groups.find(*name);
            other != nullptr && other->id != group.id)
            refuse(*name, words::kHostGroupExists);
        model.store.host_groups.rename(group.id, *name);
        return json::object{{"name", *name}};
    }
    change_hosts(model, ask, group);
    return row_of(model, group);
}

json::value remove(Model &model, const Ask &ask) {
    const HostGroup group = the_host_group(model.store, ask.path[1]);
    if (!model.store.connections_of_group(group.id).empty())
        refuse(group.name, words::kHostGroupConnected);
    if (!model.store.hosts_of_group(group.id).empty())
        refuse(group.name, words::kHostGroupHasHosts);
    forget_member(model, 0, 0, group.id);
    model.store.host_groups.erase(group.id);
    return json::object{{"name", group.name}};
}

json::value list_groups(const Model &model, const Ask &ask) {
    if (!ask.parameters.flag("connect")) {
        return list(
            ask, model.store.host_groups, [](const HostGroup & /*group*/) { return true; },
            [&](const HostGroup &group) { return row_of(model, group); });
    }
    json::array rows;
    for (const auto &[id, each] : model.store.connections.all()) {
        if (each.group != 0) {
            rows.push_back({{"name", model.store.host_groups.at(each.group).name},
                            {"vol", model.store.volumes.at(each.volume).name},
                            {"lun", each.lun}});
        }
    }
    return page_of(ask, std::move(rows));
}

} // namespace

json::value answer_host_group(Model &model, const Ask &ask) {
    if (ask.path.size() == 1 && ask.gets())
        return list_groups(model, ask);
    if (ask.path.size() > 2 && ask.path[2] == "volume")
        return answer_host_group_volume(model, ask);
    if (ask.path.size() != 2)
        refuse_path();
    if (ask.gets())
        return row_of(model, the_host_group(model.store, ask.path[1]));
    if (ask.posts())
        return make(model, ask);
    if (ask.puts())
        return change(model, ask);
    if (ask.removes())
        return remove(model, ask);
    refuse_path();
}

} // namespace drover::sim::flasharray
