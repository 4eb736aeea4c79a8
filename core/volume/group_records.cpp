// The rows of groups and of their snapshots, as text.
#include "core/volume/record_fields.hpp"
#include "core/volume/records.hpp"

namespace drover {

namespace json = boost::json;
using rows::BadRow;
using rows::Fields;

namespace {

constexpr std::array<std::string_view, 4> kStates{"creating", "ready", "changing", "deleting"};
constexpr std::array<std::string_view, 3> kSnapshotStates{"creating", "ready", "deleting"};

json::array encode_texts(const std::vector<std::string> &texts) {
    return json::array(texts.begin(), texts.end());
}

std::vector<std::string> decode_texts(Fields &fields, std::string_view key) {
    const auto &value = fields.at(key);
    if (!value.is_array())
        throw BadRow(fmt::format("{}: not a list", key));
    std::vector<std::string> texts;
    texts.reserve(value.get_array().size());
    for (const auto &item : value.get_array()) {
        if (!item.is_string())
            throw BadRow(fmt::format("{}: not texts", key));
        texts.emplace_back(item.get_string());
    }
    return texts;
}

} // namespace

std::string_view to_string(GroupRecord::State state) noexcept {
    return kStates[static_cast<std::size_t>(state)];
}

std::string encode(const GroupRecord &record) {
    return json::serialize(json::object{
        {"v", 1},
        {"id", record.id},
        {"name", record.name},
        {"backend", record.backend},
        {"created_unix_ns", record.created_unix_ns},
        {"members", encode_texts(record.members)},
        {"add", encode_texts(record.add)},
        {"remove", encode_texts(record.remove)},
        {"state", to_string(record.state)},
    });
}

Result<GroupRecord> decode_group(std::string_view text) {
    return rows::decode<GroupRecord>(text, "group", [](Fields &fields) {
        GroupRecord record;
        record.id = fields.text("id");
        record.name = fields.text("name");
        record.backend = fields.text("backend");
        record.created_unix_ns = fields.number("created_unix_ns");
        record.members = decode_texts(fields, "members");
        record.add = decode_texts(fields, "add");
        record.remove = decode_texts(fields, "remove");
        record.state = rows::enum_of<GroupRecord::State>(kStates, fields.text("state"), "state");
        return record;
    });
}

std::string encode(const GroupSnapshotRecord &record) {
    json::object snapshots;
    for (const auto &[volume, snapshot] : record.snapshots)
        snapshots[volume] = snapshot;
    return json::serialize(json::object{
        {"v", 1},
        {"id", record.id},
        {"name", record.name},
        {"group_id", record.group_id},
        {"backend", record.backend},
        {"created_unix_ns", record.created_unix_ns},
        {"filesystem_consistent", record.filesystem_consistent},
        {"snapshots", std::move(snapshots)},
        {"state", to_string(record.state)},
    });
}

Result<GroupSnapshotRecord> decode_group_snapshot(std::string_view text) {
    return rows::decode<GroupSnapshotRecord>(text, "group snapshot", [](Fields &fields) {
        GroupSnapshotRecord record;
        record.id = fields.text("id");
        record.name = fields.text("name");
        record.group_id = fields.text("group_id");
        record.backend = fields.text("backend");
        record.created_unix_ns = fields.number("created_unix_ns");
        record.filesystem_consistent = fields.boolean("filesystem_consistent");
        const auto &snapshots = fields.at("snapshots");
        if (!snapshots.is_object())
            throw BadRow("snapshots: not an object");
        for (const auto &pair : snapshots.get_object()) {
            if (!pair.value().is_string())
                throw BadRow("snapshots: not texts");
            record.snapshots.emplace(std::string(pair.key()), std::string(pair.value().get_string()));
        }
        record.state = rows::enum_of<SnapshotRecord::State>(kSnapshotStates, fields.text("state"), "state");
        return record;
    });
}

} // namespace drover
