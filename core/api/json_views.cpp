#include "core/api/json_views.hpp"

#include "core/api/http_status.hpp"
#include "core/http/timestamp.hpp"
#include "core/http/utf8.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <string_view>

namespace drover {

namespace json = boost::json;

namespace {

json::string_view text(std::string_view value) noexcept {
    return {value.data(), value.size()};
}

json::value time(std::uint64_t unix_ns) {
    return unix_ns == 0 ? json::value(nullptr) : json::value(http::rfc3339(unix_ns));
}

json::value number(const std::optional<std::uint64_t> &value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::value failure(const std::optional<Error> &error) {
    return error ? json::value(to_json(*error)) : json::value(nullptr);
}

std::string_view name_of(Protocol protocol) noexcept {
    switch (protocol) {
    case Protocol::local:
        return "local";
    case Protocol::iscsi:
        return "iscsi";
    case Protocol::fc:
        return "fc";
    case Protocol::nvme_tcp:
        return "nvme-tcp";
    }
    return "unknown";
}

json::object to_json(const Attributes &attributes) {
    json::object out;
    for (const auto &[key, value] : attributes)
        out[key] = value;
    return out;
}

json::object to_json(const Capabilities &view) {
    json::array protocols;
    for (const Protocol protocol : view.protocols)
        protocols.emplace_back(text(name_of(protocol)));
    return {{"thin", view.thin},
            {"multi_attach", view.multi_attach},
            {"online_extend", view.online_extend},
            {"zeroed", view.zeroed},
            {"protocols", std::move(protocols)},
            {"min_bytes", view.min_bytes},
            {"max_bytes", number(view.max_bytes)},
            {"granularity_bytes", view.granularity_bytes},
            {"total_bytes", number(view.total_bytes)},
            {"free_bytes", number(view.free_bytes)}};
}

json::object to_json(const VolumeFailure &view) {
    return {{"code", text(to_string(view.code))},
            {"message", view.message},
            {"since", time(view.since_unix_ns)},
            {"next_retry_at", time(view.next_retry_unix_ns.value_or(0))}};
}

} // namespace

json::object to_json(const VolumeView &view) {
    return {{"id", view.id},
            {"name", view.name},
            {"backend", view.backend},
            {"backend_id", view.backend_id},
            {"status", text(to_string(view.status))},
            {"bytes", view.bytes},
            {"profile", view.profile},
            {"pool", view.pool},
            {"fstype", view.fstype},
            {"fs_uuid", view.fs_uuid},
            {"mountpoint", view.mountpoint},
            {"device", view.device},
            {"node", view.node},
            {"uses", view.uses},
            {"created_at", time(view.created_unix_ns)},
            {"created_by_us", view.created_by_us},
            {"source", view.source},
            {"error", view.error ? json::value(to_json(*view.error)) : json::value(nullptr)},
            {"operation", view.operation}};
}

json::object to_json(const SnapshotView &view) {
    return {{"id", view.id},
            {"name", view.name},
            {"volume_id", view.volume_id},
            {"volume", view.volume},
            {"backend", view.backend},
            {"bytes", view.bytes},
            {"created_at", time(view.created_unix_ns)},
            {"filesystem_consistent", view.filesystem_consistent},
            {"status", view.status}};
}

json::object to_json(const BackendView &view) {
    json::array extensions;
    for (const std::string &extension : view.extensions)
        extensions.emplace_back(extension);
    return {
        {"backend", view.name},
        {"driver", view.driver},
        {"version", view.version},
        {"vendor", view.vendor},
        {"path", view.path},
        {"state", view.state},
        {"error", failure(view.error)},
        {"reload_error", failure(view.reload_error)},
        {"extensions", std::move(extensions)},
        {"capabilities", view.capabilities ? json::value(to_json(*view.capabilities)) : json::value(nullptr)},
        {"default", view.is_default},
        {"isolation", view.isolation}};
}

json::object to_json(const GroupView &view) {
    json::array volumes;
    volumes.reserve(view.members.size());
    for (const auto &member : view.members)
        volumes.push_back({{"volume_id", member.volume_id}, {"volume", member.volume}});
    return {{"id", view.id},
            {"name", view.name},
            {"backend", view.backend},
            {"volumes", std::move(volumes)},
            {"snapshots", view.snapshots},
            {"created_at", time(view.created_unix_ns)},
            {"status", view.status}};
}

json::object to_json(const GroupSnapshotView &view) {
    json::array snapshots;
    snapshots.reserve(view.members.size());
    for (const auto &member : view.members) {
        snapshots.push_back(
            {{"volume_id", member.volume_id}, {"volume", member.volume}, {"snapshot_id", member.snapshot}});
    }
    return {{"id", view.id},
            {"name", view.name},
            {"group_id", view.group_id},
            {"group", view.group},
            {"backend", view.backend},
            {"snapshots", std::move(snapshots)},
            {"created_at", time(view.created_unix_ns)},
            {"filesystem_consistent", view.filesystem_consistent},
            {"status", view.status}};
}

json::object to_json(const BackendStats &view) {
    return {{"pool", view.id},
            {"taken_at", time(view.taken_unix_ns)},
            {"total_bytes", number(view.total_bytes)},
            {"used_bytes", number(view.used_bytes)},
            {"provisioned_bytes", number(view.provisioned_bytes)},
            {"saved_permille", number(view.saved_permille)},
            {"epoch", view.epoch},
            {"read_ops", number(view.read_ops)},
            {"write_ops", number(view.write_ops)},
            {"read_bytes", number(view.read_bytes)},
            {"write_bytes", number(view.write_bytes)},
            {"read_latency_ns_sum", number(view.read_latency_ns_sum)},
            {"write_latency_ns_sum", number(view.write_latency_ns_sum)},
            {"attributes", to_json(view.attributes)}};
}

json::object to_json(const FencedView &view) {
    return {{"backend", view.backend}, {"volumes", json::array(view.volumes.begin(), view.volumes.end())}};
}

json::object to_json(const Profile &view) {
    return {{"name", view.name},
            {"description", view.description},
            {"default", view.is_default},
            {"attributes", to_json(view.attributes)}};
}

json::object to_json(const LimitsView &view) {
    json::array supported;
    const auto add = [&](bool is_supported, const char *key) {
        if (is_supported)
            supported.emplace_back(key);
    };
    add(view.kinds.max_iops, "max_iops");
    add(view.kinds.min_iops, "min_iops");
    add(view.kinds.burst_iops, "burst_iops");
    add(view.kinds.max_bytes_per_second, "max_bytes_per_second");
    return {{"max_iops", number(view.limits.max_iops)},
            {"min_iops", number(view.limits.min_iops)},
            {"burst_iops", number(view.limits.burst_iops)},
            {"max_bytes_per_second", number(view.limits.max_bytes_per_second)},
            {"supported", std::move(supported)}};
}

json::object to_json(const UnmanagedView &view) {
    json::array nodes;
    for (const std::string &node : view.nodes)
        nodes.emplace_back(node);
    json::object attributes;
    for (const auto &[key, value] : view.attributes)
        attributes[key] = value;
    return {{"backend", view.backend},     {"handle", view.handle},
            {"name", view.name},           {"volume_id", view.volume_id},
            {"bytes", view.bytes},         {"created_at", time(view.created_unix_ns)},
            {"profile", view.profile},     {"pool", view.pool},
            {"nodes", std::move(nodes)},   {"refused", view.refused},
            {"destroyed", view.destroyed}, {"attributes", std::move(attributes)}};
}

json::object to_json(const NodeFinding &view) {
    return {{"check", view.check}, {"level", view.level}, {"message", view.message}, {"cure", view.cure}};
}

json::object to_json(const OperationView &view) {
    return {{"id", view.id},
            {"kind", view.kind},
            {"volume", view.volume},
            {"done", view.done},
            {"permille", view.permille},
            {"stage", view.stage},
            {"started_at", time(view.started_unix_ns)},
            {"ended_at", time(view.ended_unix_ns)},
            {"error", failure(view.error)},
            {"result_id", view.result_id}};
}

json::object to_json(const Error &error) {
    json::object out{
        {"code", text(to_string(error.code))}, {"message", error.message}, {"retryable", error.retryable}};
    if (error.state_unknown)
        out["state_unknown"] = true;
    if (!error.vendor_code.empty())
        out["vendor_code"] = error.vendor_code;
    if (error.retry_after.count() > 0) {
        out["retry_after_ms"] = std::chrono::ceil<std::chrono::milliseconds>(error.retry_after).count();
    }
    return out;
}

http::Response json_response(const json::value &body, unsigned status) {
    return {.status = status, .body = http::valid_utf8(json::serialize(body))};
}

http::Response error_response(const Error &error, unsigned status) {
    return json_response(json::object{{"error", to_json(error)}}, status);
}

http::Response error_response(const Error &error) {
    return error_response(error, http_status_of(error.code));
}

} // namespace drover
