#include "core/volume/records.hpp"

#include "core/volume/record_fields.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>

namespace drover {

namespace json = boost::json;
using rows::BadRow;
using rows::decode;
using rows::enum_of;
using rows::Fields;

namespace {

// More than any engine counts, and so few that no sum of them wraps: uses that add up to nothing would let go
// of a volume that somebody writes to.
constexpr std::uint64_t kMaxUses = 1'000'000'000;

constexpr std::array<std::string_view, 4> kFormats{"never", "started", "done", "inherited"};
constexpr std::array<std::string_view, 4> kDesired{"mount", "release", "destroy", "hold"};
constexpr std::array<std::string_view, 4> kSnapshotStates{"creating", "ready", "deleting", "releasing"};

json::value optional_number(const std::optional<std::uint32_t> &number) {
    return number ? json::value(*number) : json::value(nullptr);
}

std::optional<std::uint32_t> optional_number(Fields &fields, std::string_view key) {
    const auto *value = fields.find(key);
    if (value == nullptr || value->is_null())
        return std::nullopt;
    const std::uint64_t number = fields.number(key);
    if (number > 0xffffffffU)
        throw BadRow(fmt::format("{}: too large", key));
    return static_cast<std::uint32_t>(number);
}

json::value encode_connection(const Connection &connection) {
    json::array paths;
    for (const auto &path : connection.paths) {
        paths.push_back(json::object{{"portal", path.portal}, {"target", path.target}});
    }
    json::object attributes;
    for (const auto &[key, value] : connection.attributes)
        attributes[key] = value;
    return json::object{{"protocol", static_cast<std::uint64_t>(connection.protocol)},
                        {"device", connection.device},
                        {"wwid", connection.wwid},
                        {"lun", connection.lun},
                        {"paths", std::move(paths)},
                        {"auth_user", connection.auth_user},
                        {"auth_secret_key", connection.auth_secret_key},
                        {"attributes", std::move(attributes)}};
}

Connection decode_connection(const json::value &value) {
    Fields fields(value);
    Connection connection;
    const std::uint64_t protocol = fields.number("protocol");
    if (protocol < 1 || protocol > 4)
        throw BadRow("connection.protocol: unknown");
    connection.protocol = static_cast<Protocol>(protocol);
    connection.device = fields.text("device");
    connection.wwid = fields.text("wwid");
    connection.lun = fields.number("lun");
    connection.auth_user = fields.text("auth_user");
    connection.auth_secret_key = fields.text("auth_secret_key");
    const auto &paths = fields.at("paths");
    if (!paths.is_array())
        throw BadRow("connection.paths: not a list");
    for (const auto &row : paths.get_array()) {
        Fields path(row);
        connection.paths.push_back({.portal = path.text("portal"), .target = path.text("target")});
        path.end();
    }
    const auto &attributes = fields.at("attributes");
    if (!attributes.is_object())
        throw BadRow("connection.attributes: not an object");
    for (const auto &pair : attributes.get_object()) {
        if (!pair.value().is_string())
            throw BadRow("connection.attributes: not texts");
        connection.attributes.emplace(std::string(pair.key()), std::string(pair.value().get_string()));
    }
    fields.end();
    return connection;
}

json::value encode_source(const std::optional<VolumeSource> &source) {
    if (!source)
        return nullptr;
    return json::object{{"kind", source->kind == VolumeSource::Kind::volume ? "volume" : "snapshot"},
                        {"volume", source->volume},
                        {"snapshot", source->snapshot}};
}

std::optional<VolumeSource> decode_source(const json::value &value) {
    if (value.is_null())
        return std::nullopt;
    Fields fields(value);
    constexpr std::array<std::string_view, 2> kKinds{"volume", "snapshot"};
    VolumeSource source;
    source.kind = enum_of<VolumeSource::Kind>(kKinds, fields.text("kind"), "source.kind");
    source.volume = fields.text("volume");
    source.snapshot = fields.text("snapshot");
    fields.end();
    return source;
}

json::value encode_root(const RootOptions &root) {
    return json::object{{"mode", optional_number(root.mode)},
                        {"uid", optional_number(root.uid)},
                        {"gid", optional_number(root.gid)},
                        {"subfolder", root.subfolder}};
}

RootOptions decode_root(const json::value &value) {
    Fields fields(value);
    RootOptions root;
    root.mode = optional_number(fields, "mode");
    root.uid = optional_number(fields, "uid");
    root.gid = optional_number(fields, "gid");
    root.subfolder = fields.text("subfolder");
    fields.end();
    return root;
}

NewShape decode_shape(const json::value &value) {
    Fields fields(value);
    NewShape shape;
    shape.profile = fields.text("profile");
    shape.pool = fields.text("pool");
    shape.may_migrate = fields.boolean("may_migrate");
    fields.end();
    return shape;
}

json::value encode_uses(const std::map<std::string, Use> &uses) {
    json::array rows;
    for (const auto &[use, state] : uses) {
        rows.push_back(json::object{{"use", use},
                                    {"count", state.count},
                                    {"delivered", state.delivered},
                                    {"inherited", state.inherited},
                                    {"ending", state.ending}});
    }
    return rows;
}

std::map<std::string, Use> decode_uses(const json::value &value) {
    if (!value.is_array())
        throw BadRow("uses: not a list");
    std::map<std::string, Use> uses;
    for (const auto &row : value.get_array()) {
        Fields fields(row);
        const Use use{.count = fields.number("count"),
                      .delivered = fields.boolean("delivered"),
                      .inherited = fields.boolean("inherited"),
                      .ending = fields.boolean("ending")};
        if (use.count > kMaxUses)
            throw BadRow(fmt::format("uses: a count of {}", use.count));
        if (!uses.emplace(fields.text("use"), use).second)
            throw BadRow("uses: the same use twice");
        fields.end();
    }
    return uses;
}

} // namespace

std::uint64_t VolumeRecord::use_count() const noexcept {
    std::uint64_t sum = 0;
    for (const auto &[use, state] : uses)
        sum += state.ending ? 0 : state.count;
    return sum;
}

Result<void> check_settled(const VolumeRecord &record) {
    if (record.owner.empty() || record.desired == plan::Desired::destroy)
        return fail_retryable(Code::conflict, "it is being made or deleted");
    if (record.releasing)
        return fail_retryable(Code::conflict, "it is being released");
    return {};
}

bool VolumeRecord::operator==(const VolumeRecord &other) const {
    return encode(*this) == encode(other);
}

std::string_view to_string(SnapshotRecord::State state) noexcept {
    return kSnapshotStates[static_cast<std::size_t>(state)];
}

std::string encode(const VolumeRecord &record) {
    json::object row{
        {"v", 1},
        {"id", record.id},
        {"name", record.name},
        {"backend", record.backend},
        {"bytes", record.bytes},
        {"profile", record.profile},
        {"pool", record.pool},
        {"created_unix_ns", record.created_unix_ns},
        {"created_by_us", record.created_by_us},
        {"source", encode_source(record.source)},
        {"intent", record.intent},
        {"owner", record.owner},
        {"desired", kDesired[static_cast<std::size_t>(record.desired)]},
        {"fstype", record.fstype},
        {"fs_uuid", record.fs_uuid},
        {"format", kFormats[static_cast<std::size_t>(record.format)]},
        {"format_token", record.format_token},
        {"root", encode_root(record.root)},
        {"root_prepared", record.root_prepared},
        {"connection", record.connection ? encode_connection(*record.connection) : json::value(nullptr)},
        {"extend_to", record.extend_to},
        {"grow_pending", record.grow_pending},
        {"reverting", record.reverting},
        {"frozen", record.frozen},
        {"uses", encode_uses(record.uses)},
    };
    // Only while they last: agents of before these fields read every other row.
    if (!record.adopting.empty())
        row["adopting"] = record.adopting;
    if (record.retyping) {
        row["retyping"] = json::object{{"profile", record.retyping->profile},
                                       {"pool", record.retyping->pool},
                                       {"may_migrate", record.retyping->may_migrate}};
    }
    if (record.releasing)
        row["releasing"] = true;
    return json::serialize(row);
}

Result<VolumeRecord> decode_volume(std::string_view text) {
    return decode<VolumeRecord>(text, "volume", [](Fields &fields) {
        VolumeRecord record;
        record.id = fields.text("id");
        record.name = fields.text("name");
        record.backend = fields.text("backend");
        record.bytes = fields.number("bytes");
        record.profile = fields.text("profile");
        record.pool = fields.text("pool");
        record.created_unix_ns = fields.number("created_unix_ns");
        record.created_by_us = fields.boolean("created_by_us");
        record.source = decode_source(fields.at("source"));
        record.intent = fields.boolean("intent");
        record.owner = fields.text("owner");
        record.desired = enum_of<plan::Desired>(kDesired, fields.text("desired"), "desired");
        record.fstype = fields.text("fstype");
        record.fs_uuid = fields.text("fs_uuid");
        record.format = enum_of<plan::Format>(kFormats, fields.text("format"), "format");
        record.format_token = fields.text("format_token");
        record.root = decode_root(fields.at("root"));
        record.root_prepared = fields.boolean("root_prepared");
        if (const auto &connection = fields.at("connection"); !connection.is_null()) {
            record.connection = decode_connection(connection);
        }
        record.extend_to = fields.number("extend_to");
        record.grow_pending = fields.boolean("grow_pending");
        record.reverting = fields.text("reverting");
        record.frozen = fields.boolean("frozen");
        record.uses = decode_uses(fields.at("uses"));
        if (fields.find("adopting") != nullptr)
            record.adopting = fields.text("adopting");
        if (const auto *shape = fields.find("retyping"); shape != nullptr)
            record.retyping = decode_shape(*shape);
        if (fields.find("releasing") != nullptr)
            record.releasing = fields.boolean("releasing");
        return record;
    });
}

std::string encode(const SnapshotRecord &record) {
    return json::serialize(json::object{
        {"v", 1},
        {"id", record.id},
        {"name", record.name},
        {"volume_id", record.volume_id},
        {"backend", record.backend},
        {"bytes", record.bytes},
        {"created_unix_ns", record.created_unix_ns},
        {"filesystem_consistent", record.filesystem_consistent},
        {"formatted", record.formatted},
        {"fstype", record.fstype},
        {"fs_uuid", record.fs_uuid},
        {"state", to_string(record.state)},
    });
}

Result<SnapshotRecord> decode_snapshot(std::string_view text) {
    return decode<SnapshotRecord>(text, "snapshot", [](Fields &fields) {
        SnapshotRecord record;
        record.id = fields.text("id");
        record.name = fields.text("name");
        record.volume_id = fields.text("volume_id");
        record.backend = fields.text("backend");
        record.bytes = fields.number("bytes");
        record.created_unix_ns = fields.number("created_unix_ns");
        record.filesystem_consistent = fields.boolean("filesystem_consistent");
        record.formatted = fields.boolean("formatted");
        record.fstype = fields.text("fstype");
        record.fs_uuid = fields.text("fs_uuid");
        record.state = enum_of<SnapshotRecord::State>(kSnapshotStates, fields.text("state"), "state");
        return record;
    });
}

} // namespace drover
