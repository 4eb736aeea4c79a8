#include "conformance/simulators/flasharray/settings.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <stdexcept>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

[[noreturn]] void wrong(const YAML::Node &node, const std::string &what) {
    const auto mark = node.IsDefined() ? node.Mark() : YAML::Mark::null_mark();
    throw std::runtime_error(mark.is_null() ? what : fmt::format("line {}: {}", mark.line + 1, what));
}

std::string text(const YAML::Node &node, std::string_view what) {
    if (!node.IsScalar())
        wrong(node, fmt::format("{} is to be text", what));
    return node.Scalar();
}

// A plain scalar is what YAML takes it for; a quoted one is text.
json::value value_of(const YAML::Node &node, std::string_view what) {
    if (node.IsSequence()) {
        json::array out;
        for (const auto &item : node)
            out.emplace_back(text(item, what));
        return out;
    }
    const std::string scalar = text(node, what);
    if (node.Tag() == "!")
        return json::string(scalar);
    boost::system::error_code error;
    auto value = json::parse(scalar, error);
    return !error && (value.is_number() || value.is_bool()) ? value : json::value(scalar);
}

void only(const YAML::Node &node, std::string_view what, std::initializer_list<std::string_view> keys) {
    if (!node.IsMap())
        wrong(node, fmt::format("{} is to be a mapping", what));
    for (const auto &pair : node) {
        const std::string key = text(pair.first, what);
        if (std::find(keys.begin(), keys.end(), key) != keys.end())
            continue;
        std::string names;
        for (const std::string_view each : keys)
            names += fmt::format("{}{}", names.empty() ? "" : ", ", each);
        wrong(pair.first, fmt::format("{} has no \"{}\"; it has: {}", what, key, names));
    }
}

YAML::Node list(const YAML::Node &parent, const std::string &key) {
    YAML::Node node = parent[key];
    if (node && !node.IsSequence() && !node.IsNull())
        wrong(node, fmt::format("{} is to be a list", key));
    return node && node.IsSequence() ? node : YAML::Node(YAML::NodeType::Sequence);
}

std::string member(const YAML::Node &node, const char *key, std::string otherwise = "") {
    const YAML::Node found = node[key];
    return found && !found.IsNull() ? text(found, key) : std::move(otherwise);
}

std::string required(const YAML::Node &node, std::string_view what, const char *key) {
    std::string found = member(node, key);
    if (found.empty())
        wrong(node, fmt::format("{} needs \"{}\"", what, key));
    return found;
}

void read_array(Seed &seed, const YAML::Node &node) {
    constexpr std::string_view what = "array";
    only(node, what,
         {"name", "id", "purity", "revision", "iqn", "rest_versions", "idle_timeout_s", "eradication_delay_s",
          "safe_mode", "capacity", "max_volumes", "max_lun", "max_rows"});
    seed.array_name = member(node, "name", seed.array_name);
    seed.array_id = member(node, "id");
    seed.purity = member(node, "purity", seed.purity);
    seed.revision = member(node, "revision", seed.revision);
    seed.target_iqn = member(node, "iqn", seed.target_iqn);
    json::object settings;
    for (const auto &pair : node) {
        const std::string key = text(pair.first, what);
        if (key != "name" && key != "id" && key != "purity" && key != "revision" && key != "iqn")
            settings[key] = value_of(pair.second, key);
    }
    if (const auto done = seed.settings.set(settings); !done)
        wrong(node, done.error().message);
}

User read_user(const YAML::Node &node) {
    only(node, "a user", {"name", "password", "api_token", "role"});
    User user{.name = required(node, "a user", "name"),
              .password = member(node, "password"),
              .api_token = member(node, "api_token")};
    const std::string role = member(node, "role", "array_admin");
    if (role == "readonly") {
        user.role = Role::readonly;
    } else if (role == "storage_admin") {
        user.role = Role::storage_admin;
    } else if (role != "array_admin") {
        wrong(node["role"], fmt::format("\"{}\" is no role: array_admin, storage_admin or readonly", role));
    }
    return user;
}

DataPort read_port(const Seed &seed, const YAML::Node &node) {
    only(node, "a port", {"name", "iqn", "wwn", "nqn", "portal"});
    DataPort port{.name = required(node, "a port", "name"), .portal = member(node, "portal")};
    if (const std::string wwn = member(node, "wwn"); !wwn.empty()) {
        port.protocol = DataPort::Protocol::fibre_channel;
        port.target = wwn;
        if (wwn.size() != 16 || wwn.find_first_not_of("0123456789ABCDEF") != std::string::npos)
            wrong(node["wwn"], "the wwn of a port is 16 upper-case hex digits without colons");
        return port;
    }
    if (const std::string nqn = member(node, "nqn"); !nqn.empty()) {
        port.protocol = DataPort::Protocol::nvme_tcp;
        port.target = nqn;
    } else {
        port.target = member(node, "iqn", seed.target_iqn);
    }
    if (port.portal.empty()) {
        wrong(node,
              "a port needs \"wwn\", or \"portal\" as in 10.0.0.1:3260 (iSCSI, or NVMe/TCP with \"nqn\")");
    }
    return port;
}

void read_host(Seed &seed, const YAML::Node &node) {
    only(node, "a host",
         {"name", "iqns", "wwns", "nqns", "host_user", "host_password", "target_user", "target_password",
          "personality"});
    const std::string path = "host/" + required(node, "a host", "name");
    json::object made;
    for (const auto &[key, parameter] :
         {std::pair("iqns", "iqnlist"), {"wwns", "wwnlist"}, {"nqns", "nqnlist"}}) {
        if (const YAML::Node found = list(node, key); found.size() > 0)
            made[parameter] = value_of(found, key);
    }
    seed.first_calls.push_back({"POST", path, std::move(made)});
    json::object changed;
    for (const char *key : {"host_user", "host_password", "target_user", "target_password", "personality"}) {
        if (const std::string found = member(node, key); !found.empty())
            changed[key] = found;
    }
    if (!changed.empty())
        seed.first_calls.push_back({"PUT", path, std::move(changed)});
}

void read_volume(Seed &seed, const YAML::Node &node) {
    only(node, "a volume", {"name", "size", "count", "hosts", "hgroups"});
    const std::string name = required(node, "a volume", "name");
    const json::value size = value_of(node["size"] ? node["size"] : YAML::Node("1G"), "size");
    const json::value count = node["count"] ? value_of(node["count"], "count") : json::value(0);
    if (!count.is_int64() || count.get_int64() < 0 || count.get_int64() > 1'000'000)
        wrong(node["count"], "count is a number to 1000000");
    std::vector<std::string> names{name};
    if (count.get_int64() > 0) {
        names.clear();
        for (std::int64_t i = 1; i <= count.get_int64(); ++i)
            names.push_back(fmt::format("{}{:05}", name, i));
    }
    for (const std::string &each : names) {
        seed.first_calls.push_back({"POST", "volume/" + each, {{"size", size}}});
        for (const auto &host : list(node, "hosts")) {
            seed.first_calls.push_back(
                {"POST", fmt::format("host/{}/volume/{}", text(host, "a host"), each), {}});
        }
        for (const auto &group : list(node, "hgroups")) {
            seed.first_calls.push_back(
                {"POST", fmt::format("hgroup/{}/volume/{}", text(group, "a hgroup"), each), {}});
        }
    }
}

// Groups of any kind: their name, and lists that are handed on.
void read_group(Seed &seed, const YAML::Node &node, const char *kind,
                std::initializer_list<std::pair<const char *, const char *>> lists) {
    json::object members;
    for (const auto &[key, parameter] : lists) {
        if (const YAML::Node found = list(node, key); found.size() > 0)
            members[parameter] = value_of(found, key);
    }
    seed.first_calls.push_back(
        {"POST", fmt::format("{}/{}", kind, required(node, kind, "name")), std::move(members)});
}

Seed read(const YAML::Node &root) {
    Seed seed = default_seed();
    if (root.IsNull())
        return seed;
    only(root, "a seed", {"array", "users", "ports", "targets", "hosts", "hgroups", "volumes", "pgroups"});
    if (root["array"])
        read_array(seed, root["array"]);
    if (root["users"]) {
        seed.users.clear();
        for (const auto &user : list(root, "users"))
            seed.users.push_back(read_user(user));
    }
    for (DataPort &port : seed.ports) {
        if (port.protocol == DataPort::Protocol::iscsi)
            port.target = seed.target_iqn;
    }
    if (root["ports"]) {
        seed.ports.clear();
        for (const auto &port : list(root, "ports"))
            seed.ports.push_back(read_port(seed, port));
    }
    for (const auto &target : list(root, "targets"))
        seed.targets.push_back(text(target, "a target"));
    for (const auto &host : list(root, "hosts"))
        read_host(seed, host);
    for (const auto &group : list(root, "hgroups")) {
        only(group, "a hgroup", {"name", "hosts"});
        read_group(seed, group, "hgroup", {{"hosts", "hostlist"}});
    }
    for (const auto &volume : list(root, "volumes"))
        read_volume(seed, volume);
    for (const auto &group : list(root, "pgroups")) {
        only(group, "a pgroup", {"name", "volumes", "hosts", "hgroups", "targets"});
        read_group(seed, group, "pgroup",
                   {{"volumes", "vollist"},
                    {"hosts", "hostlist"},
                    {"hgroups", "hgrouplist"},
                    {"targets", "targetlist"}});
    }
    return seed;
}

} // namespace

Seed default_seed() {
    Seed seed;
    for (Version version = 0; version <= kNewestVersion; ++version)
        seed.settings.versions.push_back(version);
    seed.users.push_back(
        {.name = "pureuser", .password = "pureuser", .api_token = "3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c"});
    using enum DataPort::Protocol;
    seed.ports = {{"CT0.ETH4", iscsi, seed.target_iqn, "127.0.0.1:3260"},
                  {"CT1.ETH4", iscsi, seed.target_iqn, "127.0.0.2:3260"},
                  {"CT0.FC0", fibre_channel, "524A9370A1B2C300", ""},
                  {"CT1.FC0", fibre_channel, "524A9370A1B2C310", ""}};
    return seed;
}

Result<Seed> read_seed(const std::filesystem::path &file) {
    try {
        return read(YAML::LoadFile(file.native()));
    } catch (const YAML::BadFile &) {
        return fail(Code::not_found, fmt::format("the seed {} cannot be read", file.native()));
    } catch (const std::exception &error) {
        return fail(Code::invalid, fmt::format("the seed {}: {}", file.native(), error.what()));
    }
}

} // namespace drover::sim::flasharray
