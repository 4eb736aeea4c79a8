#include "core/api/bodies.hpp"

#include "core/config/suggest.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <map>
#include <optional>

namespace drover {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kShown = 64;

// Unprintable bytes become '?', so that an error stays one line of text.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, kShown))
        out += c >= 0x20 && c < 0x7f ? c : '?';
    return text.size() > kShown ? out + "..." : out;
}

// An object whose keys are all known; the first problem met on the way is kept and makes the rest moot.
class Fields {
public:
    Fields(const json::object &object, std::string_view schema, std::string where)
        : object_(object), where_(std::move(where)) {
        const auto &known = keys_of_body(schema);
        for (const auto &member : object) {
            const std::string key(member.key());
            if (std::find(known.begin(), known.end(), key) != known.end())
                continue;
            const auto meant = suggest(key, known);
            refuse(fmt::format("unknown key \"{}\"{}; known are {}", shown(where_ + key),
                               meant ? fmt::format(": did you mean \"{}\"?", *meant) : "",
                               fmt::join(known, ", ")));
            return;
        }
    }

    std::string text(const char *key) {
        const auto *value = find(key);
        if (value == nullptr)
            return {};
        if (!value->is_string()) {
            wrong(key, "must be text");
            return {};
        }
        return {value->get_string().begin(), value->get_string().end()};
    }
    std::string required_text(const char *key) {
        std::string out = text(key);
        if (out.empty())
            wrong(key, "is missing or empty");
        return out;
    }
    std::optional<std::uint64_t> number(const char *key, std::uint64_t least, std::uint64_t most) {
        const auto *value = find(key);
        if (value == nullptr)
            return std::nullopt;
        std::optional<std::uint64_t> out;
        if (value->is_uint64())
            out = value->get_uint64();
        if (value->is_int64() && value->get_int64() >= 0)
            out = static_cast<std::uint64_t>(value->get_int64());
        if (!out || *out < least || *out > most) {
            wrong(key, fmt::format("must be a whole number from {} to {}", least, most));
            return std::nullopt;
        }
        return out;
    }
    bool flag(const char *key) {
        const auto *value = find(key);
        if (value == nullptr)
            return false;
        if (!value->is_bool())
            wrong(key, "must be true or false");
        return value->is_bool() && value->get_bool();
    }
    const json::object *object(const char *key) {
        const auto *value = find(key);
        if (value != nullptr && !value->is_object())
            wrong(key, "must be an object");
        return value == nullptr ? nullptr : value->if_object();
    }
    // Each a text that is not empty.
    std::vector<std::string> texts(const char *key) {
        const auto *value = find(key);
        if (value == nullptr)
            return {};
        std::vector<std::string> out;
        const auto *list = value->if_array();
        if (list != nullptr)
            out.reserve(list->size());
        for (const auto &item : list == nullptr ? json::array() : *list) {
            if (item.is_string() && !item.get_string().empty())
                out.emplace_back(item.get_string());
        }
        if (list == nullptr || out.size() != list->size())
            wrong(key, "must be a list of texts, none of them empty");
        return out;
    }
    void wrong(std::string_view key, std::string_view what) {
        refuse(fmt::format("\"{}{}\" {}", where_, key, what));
    }
    void take(const Fields &inner) {
        if (!problem_)
            problem_ = inner.problem_;
    }
    [[nodiscard]] Result<void> end() const {
        if (problem_)
            return fail(Code::invalid, *problem_);
        return {};
    }

private:
    // Null is as good as absent.
    const json::value *find(const char *key) const {
        const auto *value = object_.if_contains(key);
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    void refuse(std::string problem) {
        if (!problem_)
            problem_ = std::move(problem);
    }

    const json::object &object_;
    std::string where_;
    std::optional<std::string> problem_;
};

Result<json::object> object_in(std::string_view body, std::string_view schema) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return fail(Code::invalid, fmt::format("the request has no body: send a JSON object with the keys {}",
                                               fmt::join(keys_of_body(schema), ", ")));
    }
    boost::system::error_code error;
    json::parse_options limits;
    limits.max_depth = kMaxDepth;
    json::value value = json::parse(json::string_view(body.data(), body.size()), error, {}, limits);
    if (error)
        return fail(Code::invalid, fmt::format("the request's body is no JSON: {}", error.message()));
    if (!value.is_object())
        return fail(Code::invalid, "the request's body is no JSON object");
    return std::move(value.get_object());
}

VolumeSource read_source(const json::object &object, Fields &outer) {
    Fields fields(object, "Source", "source.");
    VolumeSource source{.volume = fields.required_text("volume"), .snapshot = fields.text("snapshot")};
    if (!source.snapshot.empty())
        source.kind = VolumeSource::Kind::snapshot;
    outer.take(fields);
    return source;
}

RootOptions read_root(const json::object &object, Fields &outer) {
    constexpr std::uint64_t kMaxOwner =
        std::numeric_limits<std::uint32_t>::max() - 1; // the last one is "leave it"
    Fields fields(object, "Root", "root.");
    RootOptions root;
    const std::string mode = fields.text("mode");
    std::uint32_t bits = 0;
    const auto read = std::from_chars(mode.data(), mode.data() + mode.size(), bits, 8);
    if (!mode.empty()) {
        if (mode.size() < 3 || mode.size() > 4 || read.ec != std::errc() ||
            read.ptr != mode.data() + mode.size())
            fields.wrong("mode", "must be three or four octal digits as text, such as \"0750\"");
        root.mode = bits;
    }
    if (const auto uid = fields.number("uid", 0, kMaxOwner))
        root.uid = static_cast<std::uint32_t>(*uid);
    if (const auto gid = fields.number("gid", 0, kMaxOwner))
        root.gid = static_cast<std::uint32_t>(*gid);
    root.subfolder = fields.text("subfolder");
    outer.take(fields);
    return root;
}

} // namespace

const std::vector<std::string> &keys_of_body(std::string_view schema) {
    static const std::map<std::string, std::vector<std::string>, std::less<>> kKeys = {
        {"VolumeSpec",
         {"name", "id", "backend", "bytes", "profile", "pool", "fstype", "source", "root", "must_exist"}},
        {"Source", {"volume", "snapshot"}},
        {"Root", {"mode", "uid", "gid", "subfolder"}},
        {"Use", {"use"}},
        {"NewSize", {"bytes"}},
        {"NewSnapshot", {"name"}},
        {"NewShape", {"profile", "pool", "may_migrate"}},
        {"NewLimits", {"max_iops", "min_iops", "burst_iops", "max_bytes_per_second"}},
        {"AdoptSpec", {"backend", "handle", "name"}},
        {"SnapshotAdoptSpec", {"handle", "name"}},
        {"GroupSpec", {"name", "backend", "volumes"}},
        {"GroupChange", {"add", "remove"}},
        {"Fence", {"backends"}},
    };
    return kKeys.find(schema)->second;
}

Result<VolumeSpec> read_volume_spec(std::string_view body) {
    const auto object = object_in(body, "VolumeSpec");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "VolumeSpec", "");
    VolumeSpec spec{.name = fields.required_text("name"),
                    .id = fields.text("id"),
                    .backend = fields.text("backend"),
                    .bytes = fields.number("bytes", 1, std::numeric_limits<std::uint64_t>::max()),
                    .profile = fields.text("profile"),
                    .pool = fields.text("pool"),
                    .fstype = fields.text("fstype"),
                    .must_exist = fields.flag("must_exist")};
    if (!spec.fstype.empty() && spec.fstype != "ext4" && spec.fstype != "xfs")
        fields.wrong("fstype", "must be ext4 or xfs");
    if (const auto *source = fields.object("source"))
        spec.source = read_source(*source, fields);
    if (const auto *root = fields.object("root"))
        spec.root = read_root(*root, fields);
    return fields.end().map([&] { return std::move(spec); });
}

Result<std::string> read_use(std::string_view body) {
    const auto object = object_in(body, "Use");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "Use", "");
    std::string use = fields.required_text("use");
    if (use.size() > 255)
        fields.wrong("use", "is longer than 255 bytes");
    return fields.end().map([&] { return std::move(use); });
}

Result<std::uint64_t> read_new_size(std::string_view body) {
    const auto object = object_in(body, "NewSize");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "NewSize", "");
    const auto bytes = fields.number("bytes", 1, std::numeric_limits<std::uint64_t>::max());
    if (!bytes)
        fields.wrong("bytes", "is missing");
    return fields.end().map([&] { return *bytes; });
}

Result<std::string> read_new_snapshot(std::string_view body) {
    if (body.empty())
        return std::string();
    const auto object = object_in(body, "NewSnapshot");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "NewSnapshot", "");
    std::string name = fields.text("name");
    return fields.end().map([&] { return std::move(name); });
}

Result<NewShape> read_new_shape(std::string_view body) {
    const auto object = object_in(body, "NewShape");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "NewShape", "");
    NewShape shape{.profile = fields.text("profile"),
                   .pool = fields.text("pool"),
                   .may_migrate = fields.flag("may_migrate")};
    if (shape.profile.empty() && shape.pool.empty())
        fields.wrong("profile", "is missing or empty, and so is \"pool\"");
    return fields.end().map([&] { return std::move(shape); });
}

Result<Limits> read_limits(std::string_view body) {
    const auto object = object_in(body, "NewLimits");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "NewLimits", "");
    const auto limit = [&](const char *key) {
        return fields.number(key, 1, std::numeric_limits<std::uint64_t>::max());
    };
    const Limits limits{.max_iops = limit("max_iops"),
                        .min_iops = limit("min_iops"),
                        .burst_iops = limit("burst_iops"),
                        .max_bytes_per_second = limit("max_bytes_per_second")};
    return fields.end().map([&] { return limits; });
}

Result<AdoptSpec> read_adopt_spec(std::string_view body) {
    const auto object = object_in(body, "AdoptSpec");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "AdoptSpec", "");
    AdoptSpec spec{.backend = fields.text("backend"),
                   .handle = fields.required_text("handle"),
                   .name = fields.text("name")};
    return fields.end().map([&] { return std::move(spec); });
}

Result<AdoptSpec> read_snapshot_adopt_spec(std::string_view body) {
    const auto object = object_in(body, "SnapshotAdoptSpec");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "SnapshotAdoptSpec", "");
    AdoptSpec spec{.backend = {}, .handle = fields.required_text("handle"), .name = fields.text("name")};
    return fields.end().map([&] { return std::move(spec); });
}

Result<GroupSpec> read_group_spec(std::string_view body) {
    const auto object = object_in(body, "GroupSpec");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "GroupSpec", "");
    GroupSpec spec{.name = fields.required_text("name"),
                   .backend = fields.text("backend"),
                   .volumes = fields.texts("volumes")};
    return fields.end().map([&] { return std::move(spec); });
}

Result<GroupChange> read_group_change(std::string_view body) {
    const auto object = object_in(body, "GroupChange");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "GroupChange", "");
    GroupChange change{.add = fields.texts("add"), .remove = fields.texts("remove")};
    if (change.add.empty() && change.remove.empty())
        fields.wrong("add", "and \"remove\" are both empty: there is nothing to change");
    return fields.end().map([&] { return std::move(change); });
}

Result<std::vector<std::string>> read_fence(std::string_view body) {
    if (body.empty())
        return std::vector<std::string>();
    const auto object = object_in(body, "Fence");
    if (!object)
        return fail(object.error());
    Fields fields(*object, "Fence", "");
    auto backends = fields.texts("backends");
    return fields.end().map([&] { return std::move(backends); });
}

} // namespace drover
