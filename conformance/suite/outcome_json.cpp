#include "conformance/suite/outcome_json.hpp"

#include <boost/json.hpp>

namespace drover::conformance {
namespace {

namespace json = boost::json;

// Length of the UTF-8 sequence at the start of `bytes`, or 0.
std::size_t sequence_length(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char lead = byte(0);
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
    } else {
        return 0;
    }
    low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : low;
    high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : high;
    if (bytes.size() < length || byte(1) < low || byte(1) > high)
        return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(i) < 0x80 || byte(i) > 0xBF)
            return 0;
    }
    return length;
}

std::string text_of(const json::object &from, std::string_view key) {
    const json::value *value = from.if_contains(key);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

} // namespace

std::string as_text(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t length = sequence_length(bytes);
        if (length == 0) {
            text += "\xEF\xBF\xBD";
            bytes.remove_prefix(1);
            continue;
        }
        const auto lead = static_cast<unsigned char>(bytes[0]);
        if ((lead < 0x20 && lead != '\n' && lead != '\t') || lead == 0x7F) {
            text += ' ';
        } else {
            text += bytes.substr(0, length);
        }
        bytes.remove_prefix(length);
    }
    return text;
}

json::object to_json(const TestResult &result) {
    json::object object{
        {"id", result.id}, {"outcome", to_string(result.outcome)}, {"duration_ns", result.duration.count()}};
    const auto put = [&](std::string_view key, const std::string &text) {
        if (!text.empty())
            object[key] = as_text(text);
    };
    put("reason", result.reason);
    put("op", result.op);
    if (!result.findings.empty()) {
        json::array rows;
        for (const Finding &finding : result.findings) {
            rows.push_back(json::object{{"expected", as_text(finding.expected)},
                                        {"found", as_text(finding.found)},
                                        {"op", as_text(finding.op)}});
        }
        object["findings"] = std::move(rows);
    }
    if (!result.warnings.empty()) {
        json::array rows;
        for (const std::string &warning : result.warnings)
            rows.push_back(json::string(as_text(warning)));
        object["warnings"] = std::move(rows);
    }
    put("output_tail", result.output_tail);
    return object;
}

Result<TestResult> result_from_json(std::string_view text) {
    try {
        const json::object object = json::parse(text).as_object();
        TestResult result;
        result.id = std::string(object.at("id").as_string());
        const auto outcome = outcome_named(std::string_view(object.at("outcome").as_string()));
        if (!outcome)
            return fail(Code::invalid, "the result names an outcome that does not exist");
        result.outcome = *outcome;
        result.duration = std::chrono::nanoseconds(object.at("duration_ns").to_number<std::int64_t>());
        result.reason = text_of(object, "reason");
        result.op = text_of(object, "op");
        result.output_tail = text_of(object, "output_tail");
        if (const json::value *rows = object.if_contains("findings")) {
            for (const json::value &row : rows->as_array()) {
                const json::object &from = row.as_object();
                result.findings.push_back(
                    Finding{text_of(from, "expected"), text_of(from, "found"), text_of(from, "op")});
            }
        }
        if (const json::value *rows = object.if_contains("warnings")) {
            for (const json::value &row : rows->as_array())
                result.warnings.emplace_back(row.as_string());
        }
        return result;
    } catch (const std::exception &error) {
        return fail(Code::invalid, std::string("the result is not readable: ") + error.what());
    }
}

} // namespace drover::conformance
