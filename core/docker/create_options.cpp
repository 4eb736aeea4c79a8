#include "core/docker/create_options.hpp"

#include "core/config/size.hpp"
#include "core/config/suggest.hpp"
#include "core/docker/answers.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

namespace drover {

namespace {

template <typename Number>
bool read_number(std::string_view text, int base, Number &number) {
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number, base);
    return read.ec == std::errc() && read.ptr == end;
}

Result<void> set_size(const std::string &value, VolumeSpec &spec) {
    auto bytes = parse_size(value);
    if (!bytes)
        return fail(std::move(bytes).error());
    if (*bytes == 0)
        return fail(Code::invalid, "a volume of size 0 cannot be made: give a size such as 10GiB");
    spec.bytes = *bytes;
    return {};
}

Result<void> set_fstype(const std::string &value, VolumeSpec &spec) {
    if (value != "ext4" && value != "xfs") {
        return fail(Code::invalid,
                    fmt::format("\"{}\" is no known filesystem: use ext4 or xfs", printable(value)));
    }
    spec.fstype = value;
    return {};
}

Result<void> set_mode(const std::string &value, VolumeSpec &spec) {
    std::uint32_t mode = 0;
    if (value.size() < 3 || value.size() > 5 || !read_number(value, 8, mode) || mode > 07777) {
        return fail(Code::invalid,
                    fmt::format("\"{}\" is no mode: use octal digits such as 0750", printable(value)));
    }
    spec.root.mode = mode;
    return {};
}

Result<void> set_owner(const std::string &value, std::optional<std::uint32_t> &owner) {
    std::uint32_t id = 0;
    // The last number is what chown(2) takes for "leave it".
    if (!read_number(value, 10, id) || id == std::numeric_limits<std::uint32_t>::max()) {
        return fail(Code::invalid,
                    fmt::format("\"{}\" is no numeric id: use digits such as 1000", printable(value)));
    }
    owner = id;
    return {};
}

Result<void> set_text(const std::string &value, std::string &text) {
    if (value.empty())
        return fail(Code::invalid, "it is empty: leave it out, or give it a value");
    text = value;
    return {};
}

Result<void> set_source(const std::string &value, VolumeSpec &spec) {
    const auto at = value.find('@');
    VolumeSource source{.volume = value.substr(0, at)};
    if (at != std::string::npos) {
        source.kind = VolumeSource::Kind::snapshot;
        source.snapshot = value.substr(at + 1);
    }
    if (source.volume.empty() || (at != std::string::npos && source.snapshot.empty())) {
        return fail(Code::invalid,
                    fmt::format("\"{}\" names no source: use VOLUME for a clone of a volume, or "
                                "VOLUME@SNAPSHOT for one of a snapshot",
                                printable(value)));
    }
    spec.source = std::move(source);
    return {};
}

struct Option {
    const char *name;
    Result<void> (*set)(const std::string &value, VolumeSpec &spec);
};

constexpr std::array kOptions = {
    Option{"size", set_size},
    Option{"profile",
           [](const std::string &value, VolumeSpec &spec) { return set_text(value, spec.profile); }},
    Option{"fstype", set_fstype},
    Option{"pool", [](const std::string &value, VolumeSpec &spec) { return set_text(value, spec.pool); }},
    Option{"mode", set_mode},
    Option{"uid", [](const std::string &value, VolumeSpec &spec) { return set_owner(value, spec.root.uid); }},
    Option{"gid", [](const std::string &value, VolumeSpec &spec) { return set_owner(value, spec.root.gid); }},
    Option{"subfolder",
           [](const std::string &value, VolumeSpec &spec) { return set_text(value, spec.root.subfolder); }},
    Option{"from", set_source},
};

Error unknown_option(std::string_view name) {
    std::vector<std::string> known;
    known.reserve(kOptions.size());
    for (const Option &option : kOptions)
        known.emplace_back(option.name);
    const auto meant = suggest(name, known);
    return {.code = Code::invalid,
            .message = fmt::format("unknown option \"{}\"{}; known are {}", printable(name),
                                   meant ? fmt::format(": did you mean \"{}\"?", *meant) : "",
                                   fmt::join(known, ", "))};
}

} // namespace

Result<void> apply_create_options(const std::vector<std::pair<std::string, std::string>> &options,
                                  VolumeSpec &spec) {
    for (const auto &[name, value] : options) {
        const Option *found = nullptr;
        for (const Option &option : kOptions) {
            if (name == option.name)
                found = &option;
        }
        if (found == nullptr)
            return fail(unknown_option(name));
        if (auto set = found->set(value, spec); !set)
            return fail(std::move(set).error().with_context(fmt::format("option {}", name)));
    }
    return {};
}

} // namespace drover
