#include "core/cli/key_values.hpp"

#include "core/config/scalars.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <sstream>
#include <string_view>

namespace drover::cli {
namespace {

std::string_view kind_in_words(KeyKind kind) {
    switch (kind) {
    case KeyKind::string:
        return "A text.";
    case KeyKind::u64:
        return "A whole number.";
    case KeyKind::boolean:
        return "true or false.";
    case KeyKind::bytes:
        return "A size such as 10GiB.";
    case KeyKind::list:
        return "A list of texts, or one text.";
    }
    return "A text.";
}

} // namespace

std::string describe_key(const ConfigKey &key) {
    std::string text = key.help;
    if (!text.empty() && text.back() != '.' && text.back() != '?' && text.back() != '!')
        text += '.';
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    text += fmt::format("{}{}", text.empty() ? "" : " ", kind_in_words(key.kind));
    if (key.secret)
        text += " A secret: write file:/path or env:NAME.";
    return text;
}

boost::json::value default_value(const ConfigKey &key) {
    if (key.fallback.empty())
        return nullptr;
    if (key.kind == KeyKind::boolean) {
        if (const auto value = parse_boolean(key.fallback))
            return *value;
    }
    if (key.kind == KeyKind::u64 || key.kind == KeyKind::bytes) {
        if (const auto value = parse_u64(key.fallback))
            return *value;
    }
    if (key.kind != KeyKind::list)
        return boost::json::value(key.fallback);
    boost::json::array list;
    std::istringstream items(key.fallback);
    for (std::string item; std::getline(items, item);)
        list.emplace_back(item);
    return list;
}

} // namespace drover::cli
