#include "conformance/simulators/flasharray/object_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

template <class T>
T take(const json::object &text, std::string_view key) {
    return json::value_to<T>(text.at(json::string_view(key.data(), key.size())));
}

template <class T>
std::optional<T> take_optional(const json::object &text, std::string_view key) {
    const json::value &value = text.at(json::string_view(key.data(), key.size()));
    return value.is_null() ? std::nullopt : std::optional<T>(json::value_to<T>(value));
}

template <class T>
json::value put(const std::optional<T> &value) {
    return value ? json::value(*value) : json::value();
}

json::value secret(const std::string &text, bool with_secrets) {
    return with_secrets || text.empty() ? json::value(text) : json::value("***");
}

} // namespace

json::object object_json(const Volume &volume, bool /*with_secrets*/) {
    return {{"id", volume.id},
            {"name", volume.name},
            {"size", volume.size},
            {"serial", volume.serial},
            {"created", volume.created},
            {"source", volume.source},
            {"parent", volume.parent},
            {"group_snapshot", volume.group_snapshot},
            {"destroyed", put(volume.destroyed)},
            {"fell_with_parent", volume.fell_with_parent},
            {"bandwidth_limit", put(volume.bandwidth_limit)},
            {"iops_limit", put(volume.iops_limit)}};
}

template <>
Volume read_object<Volume>(const json::object &text) {
    return {.id = take<Id>(text, "id"),
            .name = take<std::string>(text, "name"),
            .size = take<std::uint64_t>(text, "size"),
            .serial = take<std::string>(text, "serial"),
            .created = take<Seconds>(text, "created"),
            .source = take<std::string>(text, "source"),
            .parent = take<Id>(text, "parent"),
            .group_snapshot = take<Id>(text, "group_snapshot"),
            .destroyed = take_optional<Seconds>(text, "destroyed"),
            .fell_with_parent = take<bool>(text, "fell_with_parent"),
            .bandwidth_limit = take_optional<std::uint64_t>(text, "bandwidth_limit"),
            .iops_limit = take_optional<std::uint64_t>(text, "iops_limit")};
}

json::object object_json(const Host &host, bool with_secrets) {
    return {{"id", host.id},
            {"name", host.name},
            {"iqns", json::value_from(host.iqns)},
            {"wwns", json::value_from(host.wwns)},
            {"nqns", json::value_from(host.nqns)},
            {"group", host.group},
            {"host_user", host.host_user},
            {"host_password", secret(host.host_password, with_secrets)},
            {"target_user", host.target_user},
            {"target_password", secret(host.target_password, with_secrets)},
            {"personality", host.personality}};
}

template <>
Host read_object<Host>(const json::object &text) {
    using Names = std::vector<std::string>;
    return {.id = take<Id>(text, "id"),
            .name = take<std::string>(text, "name"),
            .iqns = take<Names>(text, "iqns"),
            .wwns = take<Names>(text, "wwns"),
            .nqns = take<Names>(text, "nqns"),
            .group = take<Id>(text, "group"),
            .host_user = take<std::string>(text, "host_user"),
            .host_password = take<std::string>(text, "host_password"),
            .target_user = take<std::string>(text, "target_user"),
            .target_password = take<std::string>(text, "target_password"),
            .personality = take<std::string>(text, "personality")};
}

json::object object_json(const HostGroup &group, bool /*with_secrets*/) {
    return {{"id", group.id}, {"name", group.name}};
}

template <>
HostGroup read_object<HostGroup>(const json::object &text) {
    return {.id = take<Id>(text, "id"), .name = take<std::string>(text, "name")};
}

json::object object_json(const Connection &connection, bool /*with_secrets*/) {
    return {{"id", connection.id},
            {"volume", connection.volume},
            {"host", connection.host},
            {"group", connection.group},
            {"lun", connection.lun}};
}

template <>
Connection read_object<Connection>(const json::object &text) {
    return {.id = take<Id>(text, "id"),
            .volume = take<Id>(text, "volume"),
            .host = take<Id>(text, "host"),
            .group = take<Id>(text, "group"),
            .lun = take<unsigned>(text, "lun")};
}

json::object object_json(const ProtectionGroup &group, bool /*with_secrets*/) {
    json::array targets;
    for (const Target &target : group.targets)
        targets.push_back({{"name", target.name}, {"allowed", target.allowed}});
    return {{"id", group.id},
            {"name", group.name},
            {"volumes", json::value_from(group.volumes)},
            {"hosts", json::value_from(group.hosts)},
            {"groups", json::value_from(group.groups)},
            {"targets", std::move(targets)},
            {"schedule", json::value_from(group.schedule)},
            {"destroyed", put(group.destroyed)}};
}

template <>
ProtectionGroup read_object<ProtectionGroup>(const json::object &text) {
    using Ids = std::vector<Id>;
    ProtectionGroup group{.id = take<Id>(text, "id"),
                          .name = take<std::string>(text, "name"),
                          .volumes = take<Ids>(text, "volumes"),
                          .hosts = take<Ids>(text, "hosts"),
                          .groups = take<Ids>(text, "groups"),
                          .schedule = take<std::map<std::string, std::int64_t>>(text, "schedule"),
                          .destroyed = take_optional<Seconds>(text, "destroyed")};
    for (const auto &each : text.at("targets").as_array()) {
        group.targets.push_back(
            {take<std::string>(each.as_object(), "name"), take<bool>(each.as_object(), "allowed")});
    }
    return group;
}

json::object object_json(const GroupSnapshot &snapshot, bool /*with_secrets*/) {
    return {{"id", snapshot.id},
            {"name", snapshot.name},
            {"group", snapshot.group},
            {"created", snapshot.created},
            {"destroyed", put(snapshot.destroyed)},
            {"fell_with_parent", snapshot.fell_with_parent}};
}

template <>
GroupSnapshot read_object<GroupSnapshot>(const json::object &text) {
    return {.id = take<Id>(text, "id"),
            .name = take<std::string>(text, "name"),
            .group = take<Id>(text, "group"),
            .created = take<Seconds>(text, "created"),
            .destroyed = take_optional<Seconds>(text, "destroyed"),
            .fell_with_parent = take<bool>(text, "fell_with_parent")};
}

json::object object_json(const Container &container, bool /*with_secrets*/) {
    return {{"id", container.id},
            {"name", container.name},
            {"is_pod", container.is_pod},
            {"destroyed", put(container.destroyed)}};
}

template <>
Container read_object<Container>(const json::object &text) {
    return {.id = take<Id>(text, "id"),
            .name = take<std::string>(text, "name"),
            .is_pod = take<bool>(text, "is_pod"),
            .destroyed = take_optional<Seconds>(text, "destroyed")};
}

json::object array_json(const Array &array) {
    return {{"name", array.name},
            {"id", array.id},
            {"serial_prefix", array.serial_prefix},
            {"clock_offset_s", array.clock_offset_s},
            {"last_id", array.last_id},
            {"last_serial", array.last_serial},
            {"last_suffix", array.last_suffix}};
}

Array read_array(const json::object &text) {
    return {.name = take<std::string>(text, "name"),
            .id = take<std::string>(text, "id"),
            .serial_prefix = take<std::string>(text, "serial_prefix"),
            .clock_offset_s = take<std::int64_t>(text, "clock_offset_s"),
            .last_id = take<Id>(text, "last_id"),
            .last_serial = take<std::uint32_t>(text, "last_serial"),
            .last_suffix = take<std::uint64_t>(text, "last_suffix")};
}

} // namespace drover::sim::flasharray
