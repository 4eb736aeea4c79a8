#include "core/cli/json_text.hpp"

#include "core/cli/failure.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

void print(const boost::json::value &value, const std::string &indent, std::string &out) {
    const std::string deeper = indent + "  ";
    if (value.is_object() && !value.get_object().empty()) {
        std::string_view separator = "{\n";
        for (const auto &[key, item] : value.get_object()) {
            out += separator;
            out += deeper + boost::json::serialize(key) + ": ";
            print(item, deeper, out);
            separator = ",\n";
        }
        out += "\n" + indent + "}";
    } else if (value.is_array() && !value.get_array().empty()) {
        std::string_view separator = "[\n";
        for (const auto &item : value.get_array()) {
            out += separator;
            out += deeper;
            print(item, deeper, out);
            separator = ",\n";
        }
        out += "\n" + indent + "]";
    } else {
        out += boost::json::serialize(value);
    }
}

} // namespace

const boost::json::value &value_of(const boost::json::value &object, std::string_view key) noexcept {
    static const boost::json::value null;
    const auto *map = object.if_object();
    const auto *found = map == nullptr ? nullptr : map->if_contains(key);
    return found == nullptr ? null : *found;
}

std::string_view text_of(const boost::json::value &object, std::string_view key) noexcept {
    const auto *text = value_of(object, key).if_string();
    return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::uint64_t number_of(const boost::json::value &object, std::string_view key) noexcept {
    const auto &value = value_of(object, key);
    if (value.is_uint64())
        return value.get_uint64();
    return value.is_int64() && value.get_int64() > 0 ? static_cast<std::uint64_t>(value.get_int64()) : 0;
}

bool flag_of(const boost::json::value &object, std::string_view key) noexcept {
    const auto *flag = value_of(object, key).if_bool();
    return flag != nullptr && *flag;
}

const boost::json::array &list_of(const boost::json::value &object, std::string_view key) {
    const auto *list = value_of(object, key).if_array();
    if (list == nullptr) {
        throw CommandFailed(
            Exit::failed, Code::internal,
            fmt::format("the answer has no list of {}: is this socket a Drover agent's, and of this version?",
                        key));
    }
    return *list;
}

std::string joined_texts(const boost::json::value &object, std::string_view key) {
    std::string joined;
    const auto *list = value_of(object, key).if_array();
    if (list == nullptr)
        return joined;
    for (const auto &item : *list) {
        if (!item.is_string())
            continue;
        joined += joined.empty() ? "" : ", ";
        joined += std::string_view(item.get_string().data(), item.get_string().size());
    }
    return joined;
}

std::string pretty(const boost::json::value &value) {
    std::string out;
    print(value, "", out);
    return out + "\n";
}

} // namespace drover::cli
