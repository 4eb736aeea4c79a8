#include "metadata.hpp"

#include <boost/json.hpp>

#include <limits>

namespace loopback {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kVolume = "volume";
constexpr std::string_view kSnapshot = "snapshot";

// Reads fields of one object and remembers the first that is wrong.
class Reader {
public:
    explicit Reader(const json::object &object) : object_(object) {}

    std::string text(std::string_view key) {
        const json::value *value = find(key);
        if (value == nullptr)
            return {};
        if (!value->is_string()) {
            report(key, "is no text");
            return {};
        }
        return std::string(value->get_string());
    }
    std::string some_text(std::string_view key) {
        std::string value = text(key);
        if (problem_.empty() && value.empty())
            report(key, "is empty");
        return value;
    }
    std::uint64_t number(std::string_view key) {
        const json::value *value = find(key);
        if (value == nullptr)
            return 0;
        if (value->is_uint64())
            return value->get_uint64();
        if (value->is_int64() && value->get_int64() >= 0)
            return static_cast<std::uint64_t>(value->get_int64());
        report(key, "is no whole number");
        return 0;
    }
    bool flag(std::string_view key) {
        const json::value *value = find(key);
        if (value != nullptr && !value->is_bool())
            report(key, "is neither true nor false");
        return problem_.empty() && value != nullptr && value->get_bool();
    }
    void report(std::string_view key, std::string_view wrong) {
        if (problem_.empty())
            problem_ = "has a field \"" + std::string(key) + "\" that " + std::string(wrong);
    }
    [[nodiscard]] const std::string &problem() const { return problem_; }

private:
    const json::value *find(std::string_view key) {
        const json::value *value = object_.if_contains(key);
        if (value == nullptr)
            report(key, "is missing");
        return value;
    }

    const json::object &object_;
    std::string problem_;
};

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
    Reader read(value.get_object());
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
    Reader inner(attachment->get_object());
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
        Reader of_device(counters->get_object());
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
