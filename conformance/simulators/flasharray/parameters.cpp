#include "conformance/simulators/flasharray/parameters.hpp"

#include "conformance/simulators/flasharray/refusal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace drover::sim::flasharray {

namespace {

namespace json = boost::json;

constexpr std::size_t kMostDepth = 16;

json::string_view view(std::string_view text) {
    return {text.data(), text.size()};
}

[[noreturn]] void refuse_value(std::string_view key) {
    refuse(key, fmt::format("Invalid value for parameter '{}'.", key));
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

} // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    if (text.empty())
        return std::nullopt;
    std::uint64_t unit = 1;
    switch (text.back()) {
    case 'S':
    case 's':
        unit = 512;
        break;
    case 'K':
    case 'k':
        unit = 1ULL << 10U;
        break;
    case 'M':
    case 'm':
        unit = 1ULL << 20U;
        break;
    case 'G':
    case 'g':
        unit = 1ULL << 30U;
        break;
    case 'T':
    case 't':
        unit = 1ULL << 40U;
        break;
    case 'P':
    case 'p':
        unit = 1ULL << 50U;
        break;
    default:
        break;
    }
    const auto count = parse_number(unit == 1 ? text : text.substr(0, text.size() - 1));
    std::uint64_t bytes = 0;
    if (!count || __builtin_mul_overflow(*count, unit, &bytes))
        return std::nullopt;
    return bytes;
}

Parameters::Parameters(const Request &request) {
    if (request.body.find_first_not_of(" \t\r\n") != std::string::npos) {
        boost::system::error_code error;
        json::parse_options options;
        options.max_depth = kMostDepth;
        auto value = json::parse(request.body, error, {}, options);
        if (error || !(value.is_null() || value.is_object()))
            throw Refusal{.words = "The body is no JSON object."};
        if (value.is_object())
            members_ = std::move(value.get_object());
    }
    for (const auto &[key, value] : request.query) {
        if (!members_.contains(key))
            members_[key] = value;
    }
}

const json::value *Parameters::find(std::string_view key) const {
    const json::value *value = members_.if_contains(view(key));
    if (value == nullptr)
        return nullptr;
    read_.emplace(key);
    return value->is_null() ? nullptr : value;
}

bool Parameters::has(std::string_view key) const {
    return find(key) != nullptr;
}

bool Parameters::flag(std::string_view key) const {
    const json::value *value = find(key);
    if (value == nullptr)
        return false;
    if (const bool *claim = value->if_bool())
        return *claim;
    if (const auto *words = value->if_string()) {
        if (*words == "true" || *words == "True")
            return true;
        if (*words == "false" || *words == "False" || words->empty())
            return false;
    }
    refuse_value(key);
}

std::optional<std::string> Parameters::text(std::string_view key) const {
    const json::value *value = find(key);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_string())
        refuse_value(key);
    return json::value_to<std::string>(*value);
}

std::optional<std::vector<std::string>> Parameters::names(std::string_view key) const {
    const json::value *value = find(key);
    if (value == nullptr)
        return std::nullopt;
    std::vector<std::string> out;
    if (const auto *list = value->if_array()) {
        for (const auto &item : *list) {
            if (!item.is_string())
                refuse_value(key);
            out.push_back(json::value_to<std::string>(item));
        }
        return out;
    }
    if (!value->is_string())
        refuse_value(key);
    const auto all = json::value_to<std::string>(*value);
    for (std::string_view rest = all; !rest.empty();) {
        const std::string_view name = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        if (!name.empty())
            out.emplace_back(name);
    }
    return out;
}

std::optional<std::uint64_t> Parameters::number(std::string_view key) const {
    const json::value *value = find(key);
    if (value == nullptr)
        return std::nullopt;
    std::optional<std::uint64_t> number;
    if (value->is_uint64() || (value->is_int64() && value->get_int64() >= 0)) {
        number = value->to_number<std::uint64_t>();
    } else if (value->is_string()) {
        number = parse_number(json::value_to<std::string>(*value));
    }
    if (!number)
        refuse_value(key);
    return number;
}

std::optional<std::uint64_t> Parameters::size(std::string_view key) const {
    const json::value *value = find(key);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_string())
        return number(key);
    const auto bytes = parse_size(json::value_to<std::string>(*value));
    if (!bytes)
        refuse_value(key);
    return bytes;
}

json::array Parameters::unread() const {
    json::array out;
    for (const auto &member : members_) {
        if (!read_.contains(std::string_view(member.key().data(), member.key().size())))
            out.emplace_back(member.key());
    }
    return out;
}

} // namespace drover::sim::flasharray
