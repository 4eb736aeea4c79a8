#include "metadata.hpp"

#include "json_reader.hpp"

#include <limits>

namespace loopback {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kVolume = "volume";
constexpr std::string_view kSnapshot = "snapshot";

} // namespace

std::string to_json(const Metadata &metadata) {
    json::object object{{"format", kFormat},
                        {"kind", metadata.kind == Kind::volume ? kVolume : kSnapshot},
                        {"id", metadata.id},
                        {"name", metadata.name},
                        {"profile", metadata.profile},
                        {"parent", metadata.parent},
                        {"backend_id", metadata.backend_id},
                        {"image", metadata.image},
                        {"bytes", metadata.bytes},
                        {"created_unix_ns", metadata.created_unix_ns}};
    if (!metadata.group_snapshot.empty())
        object["group_snapshot"] = metadata.group_snapshot;
    if (!metadata.volume_backend_id.empty())
        object["volume_backend_id"] = metadata.volume_backend_id;
    if (metadata.attachment) {
        object["attachment"] = json::object{{"node", metadata.attachment->node},
                                            {"boot_id", metadata.attachment->boot_id},
                                            {"device", metadata.attachment->device},
                                            {"read_only", metadata.attachment->read_only},
                                            {"since_unix_ns", metadata.attachment->since_unix_ns}};
        if (const auto &counters = metadata.attachment->counters) {
            object["attachment"].get_object()["counters"] =
                json::object{{"read_ops", counters->read_ops},       {"read_bytes", counters->read_bytes},
                             {"read_ns", counters->read_ns},         {"write_ops", counters->write_ops},
                             {"write_bytes", counters->write_bytes}, {"write_ns", counters->write_ns}};
        }
    }
    return json::serialize(object) + "\n";
}

std::variant<Metadata, std::string> from_json(std::string_view text) {
    if (text.size() > kMaxMetadataBytes)
        return "is longer than " + std::to_string(kMaxMetadataBytes) + " bytes";
    json::error_code error;
    json::parse_options options;
    options.max_depth = 8;
    const json::value value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error)
        return "is not JSON: " + error.message();
    if (!value.is_object())
        return "is no JSON object";
    JsonReader read(value.get_object());
    if (const std::uint64_t format = read.number("format"); read.problem().empty() && format != kFormat) {
        return "has format " + std::to_string(format) + "; this driver knows format " +
               std::to_string(kFormat);
    }
    Metadata metadata;
    const std::string kind = read.some_text("kind");
    metadata.kind = kind == kSnapshot ? Kind::snapshot : Kind::volume;
    if (kind != kSnapshot && kind != kVolume)
        read.report("kind", "is neither volume nor snapshot");
    metadata.id = read.some_text("id");
    metadata.name = read.text("name");
    metadata.profile = read.text("profile");
    metadata.parent = read.text("parent");
    metadata.group_snapshot = read.text_if_there("group_snapshot");
    metadata.volume_backend_id = read.text_if_there("volume_backend_id");
    metadata.backend_id = read.some_text("backend_id");
    metadata.image = read.some_text("image");
    metadata.bytes = read.number("bytes");
    metadata.created_unix_ns = read.number("created_unix_ns");
    if (metadata.bytes == 0 || metadata.bytes > std::numeric_limits<std::int64_t>::max())
        read.report("bytes", "is no possible size");
    if (!read.problem().empty())
        return read.problem();
    const json::value *attachment = value.get_object().if_contains("attachment");
    if (attachment == nullptr)
        return metadata;
    if (!attachment->is_object())
        return "has a field \"attachment\" that is no object";
    JsonReader inner(attachment->get_object());
    metadata.attachment = Attachment{.node = inner.some_text("node"),
                                     .boot_id = inner.text("boot_id"),
                                     .device = inner.text("device"),
                                     .read_only = inner.flag("read_only")};
    // Not written by the first drivers.
    if (attachment->get_object().contains("since_unix_ns"))
        metadata.attachment->since_unix_ns = inner.number("since_unix_ns");
    if (!inner.problem().empty())
        return inner.problem();
    if (const json::value *counters = attachment->get_object().if_contains("counters")) {
        if (!counters->is_object())
            return "has a field \"counters\" that is no object";
        JsonReader of_device(counters->get_object());
        metadata.attachment->counters = LoopCounters{.read_ops = of_device.number("read_ops"),
                                                     .read_bytes = of_device.number("read_bytes"),
                                                     .read_ns = of_device.number("read_ns"),
                                                     .write_ops = of_device.number("write_ops"),
                                                     .write_bytes = of_device.number("write_bytes"),
                                                     .write_ns = of_device.number("write_ns")};
        if (!of_device.problem().empty())
            return of_device.problem();
    }
    return metadata;
}

} // namespace loopback
