#include "conformance/simulators/flasharray/settings.hpp"

#include "conformance/simulators/flasharray/parameters.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

constexpr std::int64_t kMostSeconds = 100LL * 366 * 24 * 3600;
constexpr std::uint64_t kMostCapacity = 1ULL << 60U;

std::uint64_t number(const json::value &value, std::string_view key, std::uint64_t least,
                     std::uint64_t most) {
    std::optional<std::uint64_t> found;
    if (value.is_uint64() || (value.is_int64() && value.get_int64() >= 0)) {
        found = value.to_number<std::uint64_t>();
    } else if (const auto *text = value.if_string()) {
        found = parse_size(std::string_view(text->data(), text->size()));
    }
    if (!found || *found < least || *found > most)
        throw std::runtime_error(fmt::format("{} is a number from {} to {}", key, least, most));
    return *found;
}

std::vector<Version> versions(const json::value &value) {
    std::vector<Version> out;
    if (const auto *list = value.if_array()) {
        for (const auto &item : *list) {
            const auto *text = item.if_string();
            const auto version =
                text == nullptr ? std::nullopt : parse_version(std::string_view(text->data(), text->size()));
            if (!version)
                break;
            out.push_back(*version);
        }
        if (!out.empty() && out.size() == list->size())
            return out;
    }
    throw std::runtime_error(
        fmt::format("rest_versions is a list of texts from \"1.0\" to \"1.{}\", such as [\"1.4\", \"1.5\"]",
                    kNewestVersion));
}

void set_one(Settings &settings, std::string_view key, const json::value &value) {
    if (key == "rest_versions") {
        settings.versions = versions(value);
    } else if (key == "idle_timeout_s") {
        settings.idle_timeout_s = static_cast<std::int64_t>(number(value, key, 0, kMostSeconds));
    } else if (key == "eradication_delay_s") {
        settings.eradication_delay_s = static_cast<std::int64_t>(number(value, key, 0, kMostSeconds));
    } else if (key == "safe_mode" && value.is_bool()) {
        settings.safe_mode = value.get_bool();
    } else if (key == "capacity") {
        settings.capacity = number(value, key, 0, kMostCapacity);
    } else if (key == "max_volumes") {
        settings.most_volumes = number(value, key, 0, 1'000'000);
    } else if (key == "max_lun") {
        settings.most_lun = static_cast<unsigned>(number(value, key, 1, 16383));
    } else if (key == "max_rows") {
        settings.most_rows = number(value, key, 1, UINT64_MAX);
    } else {
        throw std::runtime_error(fmt::format(
            "\"{}\" is no setting, or not of its type; there is: rest_versions (list), idle_timeout_s, "
            "eradication_delay_s, safe_mode (true or false), capacity, max_volumes, max_lun, max_rows",
            key));
    }
}

} // namespace

std::optional<Version> parse_version(std::string_view text) {
    if (!text.starts_with("1."))
        return std::nullopt;
    text.remove_prefix(2);
    Version version = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), version);
    if (text.empty() || (text.size() > 1 && text.front() == '0') || read.ec != std::errc() ||
        read.ptr != text.data() + text.size() || version > kNewestVersion)
        return std::nullopt;
    return version;
}

Result<void> Settings::set(const json::object &changes) {
    Settings changed = *this;
    try {
        for (const auto &member : changes)
            set_one(changed, member.key(), member.value());
    } catch (const std::runtime_error &error) {
        return fail(Code::invalid, error.what());
    }
    *this = std::move(changed);
    return {};
}

} // namespace drover::sim::flasharray
