#include "json_reader.hpp"

namespace loopback {

const boost::json::value *JsonReader::find(std::string_view key) {
    const boost::json::value *value = object_.if_contains(key);
    if (value == nullptr)
        report(key, "is missing");
    return value;
}

std::string JsonReader::text(std::string_view key) {
    const boost::json::value *value = find(key);
    if (value == nullptr)
        return {};
    if (!value->is_string()) {
        report(key, "is no text");
        return {};
    }
    return std::string(value->get_string());
}

std::string JsonReader::some_text(std::string_view key) {
    std::string value = text(key);
    if (problem_.empty() && value.empty())
        report(key, "is empty");
    return value;
}

std::string JsonReader::text_if_there(std::string_view key) {
    return object_.contains(key) ? text(key) : std::string();
}

std::uint64_t JsonReader::number(std::string_view key) {
    const boost::json::value *value = find(key);
    if (value == nullptr)
        return 0;
    if (value->is_uint64())
        return value->get_uint64();
    if (value->is_int64() && value->get_int64() >= 0)
        return static_cast<std::uint64_t>(value->get_int64());
    report(key, "is no whole number");
    return 0;
}

bool JsonReader::flag(std::string_view key) {
    const boost::json::value *value = find(key);
    if (value != nullptr && !value->is_bool())
        report(key, "is neither true nor false");
    return problem_.empty() && value != nullptr && value->get_bool();
}

std::vector<std::string> JsonReader::texts(std::string_view key) {
    std::vector<std::string> all;
    const boost::json::value *value = find(key);
    if (value == nullptr)
        return all;
    if (!value->is_array()) {
        report(key, "is no list");
        return all;
    }
    for (const boost::json::value &each : value->get_array()) {
        if (!each.is_string() || each.get_string().empty()) {
            report(key, "holds something that is no text");
        } else {
            all.emplace_back(each.get_string());
        }
    }
    return all;
}

void JsonReader::report(std::string_view key, std::string_view wrong) {
    if (problem_.empty())
        problem_ = "has a field \"" + std::string(key) + "\" that " + std::string(wrong);
}

} // namespace loopback
