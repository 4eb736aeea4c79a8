#include "conformance/simulators/flasharray/connections.hpp"
#include "conformance/simulators/flasharray/initiators.hpp"
#include "conformance/simulators/flasharray/listing.hpp"
#include "conformance/simulators/flasharray/lookup.hpp"
#include "conformance/simulators/flasharray/protection.hpp"

#include <boost/json/value_from.hpp>

#include <array>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

constexpr std::array kPersonalities{"aix",     "esxi", "hitachi-vsp", "hpux", "oracle-vm-server",
                                    "solaris", "vms"};
constexpr std::size_t kLeastSecret = 12;
constexpr std::size_t kMostSecret = 255;

json::value text_or_null(const std::string &text) {
    return text.empty() ? json::value() : json::value(text);
}

json::value masked(const std::string &secret) {
    return secret.empty() ? json::value() : json::value("****");
}

json::value group_of(const Model &model, const Host &host) {
    return host.group == 0 ? json::value() : json::value(model.store.host_groups.at(host.group).name);
}

json::object host_row(const Model &model, const Ask &ask, const Host &host) {
    json::object row{
        {"name", host.name}, {"iqn", json::value_from(host.iqns)}, {"wwn", json::value_from(host.wwns)}};
    if (ask.version >= 16)
        row["nqn"] = json::value_from(host.nqns);
    row["hgroup"] = group_of(model, host);
    return row;
}

json::object chap_row(const Host &host) {
    return {{"name", host.name},
            {"host_user", text_or_null(host.host_user)},
            {"host_password", masked(host.host_password)},
            {"target_user", text_or_null(host.target_user)},
            {"target_password", masked(host.target_password)}};
}

json::object space_row(const Model &model, const Host &host) {
    std::uint64_t used = 0;
    std::uint64_t size = 0;
    for (const Path &path : paths_of_host(model.store, host, Shared::both)) {
        used += model.devices->used_bytes(*path.volume);
        size += path.volume->size;
    }
    return {{"name", host.name},        {"size", size},          {"total", used},
            {"volumes", used},          {"snapshots", 0},        {"data_reduction", 1.0},
            {"thin_provisioning", 1.0}, {"total_reduction", 1.0}};
}

// One row for each connection; with `all` also one for a host that has none.
json::array connected_rows(const Model &model, const Ask &ask, bool all) {
    const NamesWanted names(ask);
    json::array rows;
    for (const auto &[name, id] : model.store.hosts.names()) {
        const Host &host = model.store.hosts.at(id);
        if (!names.take(host.name))
            continue;
        const auto paths = paths_of_host(model.store, host, shared_of(ask));
        const json::object row = all ? host_row(model, ask, host) : json::object{{"name", host.name}};
        for (const Path &path : paths) {
            json::object one = row;
            one["vol"] = path.volume->name;
            one["lun"] = path.lun;
            if (!all)
                one["hgroup"] = path.group == nullptr ? json::value() : json::value(path.group->name);
            rows.push_back(std::move(one));
        }
        if (all && paths.empty()) {
            json::object one = row;
            one["vol"] = nullptr;
            one["lun"] = nullptr;
            rows.push_back(std::move(one));
        }
    }
    return page_of(ask, std::move(rows));
}

json::object row_of(const Model &model, const Ask &ask, const Host &host) {
    needs_version(ask, 14, "personality");
    if (ask.parameters.flag("chap"))
        return chap_row(host);
    if (ask.parameters.flag("personality"))
        return {{"name", host.name}, {"personality", text_or_null(host.personality)}};
    if (ask.parameters.flag("space"))
        return space_row(model, host);
    return host_row(model, ask, host);
}

json::value list_hosts(const Model &model, const Ask &ask) {
    NamesWanted(ask).refuse_missing(
        [&](std::string_view name) { return model.store.hosts.find(name) != nullptr; }, words::kNoHost);
    if (ask.parameters.flag("all"))
        return connected_rows(model, ask, true);
    if (ask.parameters.flag("connect"))
        return connected_rows(model, ask, false);
    return list(
        ask, model.store.hosts, [](const Host & /*host*/) { return true; },
        [&](const Host &host) { return row_of(model, ask, host); });
}

json::value make_host(Model &model, const Ask &ask) {
    const std::string &name = ask.path[1];
    check_plain_name("Host", name);
    if (model.store.hosts.find(name) != nullptr)
        refuse(name, words::kHostExists);
    const Id id = model.store.add(model.store.hosts, Host{.name = name}).id;
    change_initiators(model, ask, id);
    const Host made = model.store.hosts.at(id);
    model.then([made](Devices &devices) { return devices.set_host(made); });
    json::object row = host_row(model, ask, made);
    row.erase("hgroup");
    return row;
}

void set_text(const Ask &ask, const char *key, std::string &where) {
    if (auto text = ask.parameters.text(key))
        where = std::move(*text);
}

void set_secret(const Ask &ask, const char *key, std::string &where) {
    const auto secret = ask.parameters.text(key);
    if (!secret)
        return;
    if (!secret->empty() && (secret->size() < kLeastSecret || secret->size() > kMostSecret ||
                             secret->find_first_of(" \t\r\n") != std::string::npos))
        refuse(key, "The CHAP password must be between 12 and 255 characters in length, without blanks.");
    where = *secret;
}

void set_chap(const Ask &ask, Host &host) {
    set_text(ask, "host_user", host.host_user);
    set_secret(ask, "host_password", host.host_password);
    set_text(ask, "target_user", host.target_user);
    set_secret(ask, "target_password", host.target_password);
    // Without a user there is nobody to have a password.
    if (host.host_user.empty())
        host.host_password.clear();
    if (host.target_user.empty())
        host.target_password.clear();
}

bool names_chap(const Ask &ask) {
    return ask.parameters.has("host_user") || ask.parameters.has("host_password") ||
           ask.parameters.has("target_user") || ask.parameters.has("target_password");
}

json::value change_host(Model &model, const Ask &ask) {
    const Host before = the_host(model.store, ask.path[1]);
    needs_version(ask, 14, "personality");
    const auto name = ask.parameters.text("name");
    const auto personality = ask.parameters.text("personality");
    const bool chap = names_chap(ask);
    const bool initiators = names_initiators(ask);
    if (name && (personality || chap || initiators))
        refuse(before.name, words::kCombination);
    if (name) {
        check_plain_name("Host", *name);
        if (const Host *other = model.store.hosts.find(*name); other != nullptr && other->id != before.id)
            refuse(*name, words::kHostExists);
        model.store.hosts.rename(before.id, *name);
        return json::object{{"name", *name}};
    }
    change_initiators(model, ask, before.id);
    Host &host = model.store.hosts.edit(before.id);
    if (personality) {
        if (!personality->empty() && std::ranges::find(kPersonalities, *personality) == kPersonalities.end())
            refuse("personality", "Invalid value for parameter 'personality'.");
        host.personality = *personality;
    }
    set_chap(ask, host);
    model.then([host](Devices &devices) { return devices.set_host(host); });
    if (chap)
        return chap_row(host);
    if (personality)
        return json::object{{"name", host.name}, {"personality", text_or_null(host.personality)}};
    return host_row(model, ask, host);
}

json::value remove_host(Model &model, const Ask &ask) {
    const Host host = the_host(model.store, ask.path[1]);
    if (!paths_of_host(model.store, host, Shared::both).empty())
        refuse(host.name, words::kHostConnected);
    forget_member(model, 0, host.id, 0);
    model.store.hosts.erase(host.id);
    model.then([host](Devices &devices) { return devices.remove_host(host); });
    return json::object{{"name", host.name}};
}

} // namespace

json::value answer_host(Model &model, const Ask &ask) {
    if (ask.path.size() == 1 && ask.gets())
        return list_hosts(model, ask);
    if (ask.path.size() > 2 && ask.path[2] == "volume")
        return answer_host_volume(model, ask);
    if (ask.path.size() != 2)
        refuse_path();
    if (ask.gets())
        return row_of(model, ask, the_host(model.store, ask.path[1]));
    if (ask.posts())
        return make_host(model, ask);
    if (ask.puts())
        return change_host(model, ask);
    if (ask.removes())
        return remove_host(model, ask);
    refuse_path();
}

} // namespace drover::sim::flasharray
