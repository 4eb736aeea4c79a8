#include "drivers/flasharray/hosts.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace flasharray {

namespace {

constexpr int kTries = 5; // somebody else may make, rename or delete host objects at the same time

bool has(const std::vector<std::string> &all, const std::string &one) {
    return std::ranges::find(all, one) != all.end();
}

bool share(const std::vector<std::string> &one, const std::vector<std::string> &other) {
    return std::ranges::any_of(one, [&](const std::string &each) { return has(other, each); });
}

bool is_nqn(std::string_view text) {
    return text.starts_with("nqn.") && text.size() <= 223 && !drv::has_control_characters(text) &&
           text.find_first_of(" ,\"\\") == std::string_view::npos;
}

// What a node is to do that has none, and one that has the name of another.
struct Advice {
    const char *none, *cloned;
};
Advice advice_of(Protocol protocol) {
    switch (protocol) {
    case Protocol::fibre_channel:
        return {
            " has no Fibre Channel port: pure_storage_protocol is FIBRE_CHANNEL, and /sys/class/fc_host is "
            "empty there",
            "Its port belongs into one of the two host objects: take it out of the other"};
    case Protocol::nvme_tcp:
        return {" has no NVMe host name (NQN): install nvme-cli there, which makes /etc/nvme/hostnqn",
                "Was the node's system cloned? Give it names of its own with nvme gen-hostnqn > "
                "/etc/nvme/hostnqn and uuidgen > "
                "/etc/nvme/hostid"};
    case Protocol::iscsi:
        break;
    }
    return {
        " has no iSCSI initiator name: install open-iscsi there, which makes /etc/iscsi/initiatorname.iscsi",
        "Was the node's system cloned? Give it a name of its own in /etc/iscsi/initiatorname.iscsi"};
}

bool carries(const HostRow &row, const Initiators &initiators) {
    return share(row.iqns, initiators.iqns) || share(row.wwns, initiators.wwns) ||
           share(row.nqns, initiators.nqns);
}

boost::json::array missing_in(const std::vector<std::string> &there, const std::vector<std::string> &wanted) {
    boost::json::array missing;
    for (const std::string &each : wanted) {
        if (!has(there, each))
            missing.emplace_back(each);
    }
    return missing;
}

} // namespace

Initiators initiators_of(const drv::AttachRequest &request) {
    Initiators initiators;
    for (const auto &[key, value] : request.initiators) {
        if (key == "iqn" && !value.empty()) {
            initiators.iqns.emplace_back(value);
        } else if (key == "wwpn" && !value.empty()) {
            auto wwn = normal_wwn(value);
            if (!wwn) {
                throw drv::Error(drv::Code::invalid, "the node's wwpn \"" + drv::one_line(value, 100) +
                                                         "\" is not 16 hex digits");
            }
            initiators.wwns.push_back(std::move(*wwn));
        } else if (key == "nqn" && !value.empty()) { // looked at where it counts
            initiators.nqns.emplace_back(value);
        }
    }
    return initiators;
}

std::optional<std::string> Hosts::known(std::string_view node_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(node_id);
    return found == known_.end() ? std::nullopt : std::optional(found->second.name);
}

void Hosts::remember(std::string_view node_id, const std::string &name, const Initiators &initiators) {
    const std::lock_guard lock(mutex_);
    known_[std::string(node_id)] = {name, initiators};
    node_of_[lower_case(name)] = node_id;
}

void Hosts::learn(std::string_view node_id, std::string_view name) {
    const std::lock_guard lock(mutex_);
    node_of_[lower_case(name)] = node_id;
}

void Hosts::forget(std::string_view node_id) {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(node_id); found != known_.end()) {
        node_of_.erase(lower_case(found->second.name));
        known_.erase(found);
    }
}

std::vector<std::string> Hosts::names_of(std::string_view node_id) const {
    std::vector<std::string> names;
    if (auto name = known(node_id))
        names.push_back(std::move(*name));
    names.push_back(names_.host(node_id));
    names.push_back(Names::flocker_host(node_id));
    names.emplace_back(node_id); // as people name them
    return names;
}

bool Hosts::tells_node(std::string_view host_name) const {
    if (names_.read_host(host_name))
        return true;
    const std::lock_guard lock(mutex_);
    return node_of_.contains(lower_case(host_name));
}

std::string Hosts::node_of(std::string_view host_name) const {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = node_of_.find(lower_case(host_name)); found != node_of_.end())
            return found->second;
    }
    return names_.read_host(host_name).value_or(std::string(host_name));
}

const HostRow *Hosts::choose(const std::vector<HostRow> &rows, std::string_view node_id,
                             const Initiators &initiators) const {
    const HostRow *chosen = nullptr;
    for (const HostRow &row : rows) {
        if (!carries(row, initiators))
            continue;
        // Two objects may share the node: that with the initiators of our protocol is the one.
        const bool is_ours = share(ours(row), ours(initiators));
        if (chosen == nullptr || is_ours)
            chosen = &row;
    }
    if (chosen != nullptr)
        return chosen;
    for (const std::string &name : {names_.host(node_id), Names::flocker_host(node_id)}) {
        const auto found =
            std::ranges::find_if(rows, [&](const HostRow &row) { return is_same_name(row.name, name); });
        if (found != rows.end())
            return &*found;
    }
    return nullptr;
}

void Hosts::set_chap(const Limit &limit, std::string_view name) {
    if (!config_.chap)
        return;
    boost::json::object change{{"host_user", config_.chap->user}, {"host_password", config_.chap->password}};
    if (config_.target_chap) {
        change["target_user"] = config_.target_chap->user;
        change["target_password"] = config_.target_chap->password;
    }
    objects_.change_host(limit, name, change);
}

void Hosts::complete(const Limit &limit, const HostRow &row, std::string_view node_id,
                     const Initiators &initiators) {
    const auto missing = missing_in(ours(row), ours(initiators));
    if (!missing.empty()) {
        const char *key = config_.protocol == Protocol::iscsi           ? "addiqnlist"
                          : config_.protocol == Protocol::fibre_channel ? "addwwnlist"
                                                                        : "addnqnlist";
        host_.info("host object " + row.name + " of the array gets " + std::to_string(missing.size()) +
                   " initiators of node " + std::string(node_id) + " that it lacked");
        objects_.change_host(limit, row.name, {{key, missing}});
    }
    set_chap(limit, row.name);
}

std::string Hosts::find_or_make(const Limit &limit, std::string_view node_id, const Initiators &initiators) {
    const std::vector<HostRow> rows = objects_.hosts(limit);
    if (const HostRow *row = choose(rows, node_id, initiators)) {
        const auto other = names_.read_host(row->name);
        if (other && *other != node_id) {
            throw drv::Error(drv::Code::invalid,
                             "node " + std::string(node_id) +
                                 " has an initiator name that the array's host object " + row->name +
                                 " carries for node " + *other +
                                 ": two nodes with one initiator name would share their volumes. " +
                                 advice_of(config_.protocol).cloned);
        }
        if (config_.manages_hosts)
            complete(limit, *row, node_id, initiators);
        return row->name;
    }
    if (!config_.manages_hosts) {
        throw drv::Error(drv::Code::invalid,
                         "no host object of the array carries an initiator of node " + std::string(node_id) +
                             (ours(initiators).empty() ? "" : " (" + ours(initiators).front() + ")") +
                             ": make one there, or set pure_manage_purity_hosts to true");
    }
    std::string name = names_.host(node_id);
    // A volume is never shown to a node over SCSI and NVMe at a time: it would be two devices there.
    const bool is_nvme = config_.protocol == Protocol::nvme_tcp;
    objects_.create_host(limit, name,
                         is_nvme ? Initiators{.iqns = {}, .wwns = {}, .nqns = initiators.nqns}
                                 : Initiators{.iqns = initiators.iqns, .wwns = initiators.wwns, .nqns = {}});
    if (!config_.personality.empty()) {
        if (objects_.version(limit) >= kPersonalities) {
            objects_.change_host(limit, name, {{"personality", config_.personality}});
        } else {
            host_.warn("pure_host_personality has no effect: the array's REST API is older than 1.14");
        }
    }
    set_chap(limit, name);
    return name;
}

std::string Hosts::ensure(const Limit &limit, std::string_view node_id, const Initiators &initiators) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = known_.find(node_id);
        if (found != known_.end() && found->second.initiators == initiators)
            return found->second.name;
    }
    if (ours(initiators).empty()) {
        throw drv::Error(drv::Code::invalid,
                         "node " + std::string(node_id) + advice_of(config_.protocol).none);
    }
    const auto strange = config_.protocol == Protocol::nvme_tcp
                             ? std::ranges::find_if_not(initiators.nqns, is_nqn)
                             : initiators.nqns.end();
    if (strange != initiators.nqns.end()) {
        throw drv::Error(drv::Code::invalid, "the nqn \"" + drv::one_line(*strange, 100) + "\" of node " +
                                                 std::string(node_id) +
                                                 " is none: look at /etc/nvme/hostnqn there");
    }
    for (int tries = 1;; ++tries) {
        try {
            std::string name = find_or_make(limit, node_id, initiators);
            remember(node_id, name, initiators);
            return name;
        } catch (const RefusedError &error) {
            const bool was_overtaken =
                error.refusal == Refusal::exists || error.refusal == Refusal::initiator_taken ||
                error.refusal == Refusal::host_missing || error.refusal == Refusal::missing;
            if (!was_overtaken || tries == kTries)
                throw;
        }
    }
}

std::optional<ConnectionRow> Hosts::own(const Limit &limit, std::string_view node_id,
                                        const Initiators &initiators,
                                        const std::vector<ConnectionRow> &connections) {
    if (connections.empty())
        return std::nullopt;
    for (const std::string &name : names_of(node_id)) {
        const auto found = std::ranges::find_if(
            connections, [&](const ConnectionRow &row) { return is_same_name(row.host, name); });
        if (found != connections.end())
            return *found;
    }
    const auto stranger =
        std::ranges::find_if(connections, [&](const ConnectionRow &row) { return !tells_node(row.host); });
    if (stranger == connections.end())
        return std::nullopt; // each belongs to a node that we know, and none to this one
    if (known(node_id))
        return std::nullopt;
    if (initiators.empty()) {
        throw drv::Error(drv::Code::conflict,
                         "volume " + stranger->volume + " is connected to the array's host object " +
                             stranger->host + ", and nothing tells whether that is node " +
                             std::string(node_id) +
                             ": name the host object like the node, or disconnect it on the array");
    }
    const std::vector<HostRow> rows = objects_.hosts(limit);
    const HostRow *row = choose(rows, node_id, initiators);
    if (row == nullptr)
        return std::nullopt;
    const auto found = std::ranges::find_if(
        connections, [&](const ConnectionRow &each) { return is_same_name(each.host, row->name); });
    if (found == connections.end())
        return std::nullopt;
    learn(node_id, row->name);
    return *found;
}

} // namespace flasharray
