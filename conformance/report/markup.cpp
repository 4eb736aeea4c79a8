#include "conformance/report/markup.hpp"

#include "conformance/suite/outcome_json.hpp"

namespace drover::conformance {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

// In valid UTF-8: U+0080 to U+009F, controls of the upper half, which no reader shows.
bool is_upper_control(std::string_view at) {
    return at.size() >= 2 && at[0] == '\xC2' && static_cast<unsigned char>(at[1]) < 0xA0;
}
// U+FFFE and U+FFFF.
bool is_no_character(std::string_view at) {
    return at.starts_with("\xEF\xBF\xBE") || at.starts_with("\xEF\xBF\xBF");
}

} // namespace

std::string escaped(std::string_view bytes) {
    const std::string text = as_text(bytes);
    std::string_view rest = text;
    std::string markup;
    markup.reserve(text.size() + text.size() / 8);
    while (!rest.empty()) {
        std::size_t length = 1;
        switch (rest[0]) {
        case '&':
            markup += "&amp;";
            break;
        case '<':
            markup += "&lt;";
            break;
        case '>':
            markup += "&gt;";
            break;
        case '"':
            markup += "&quot;";
            break;
        case '\'':
            markup += "&#39;";
            break;
        default:
            if (is_upper_control(rest) || is_no_character(rest)) {
                length = rest[0] == '\xC2' ? 2 : 3;
                markup += kReplacement;
            } else {
                markup += rest[0];
            }
        }
        rest.remove_prefix(length);
    }
    return markup;
}

std::string escaped_attribute(std::string_view bytes) {
    std::string markup;
    for (const char c : escaped(bytes)) {
        if (c == '\n') {
            markup += "&#10;";
        } else if (c == '\t') {
            markup += "&#9;";
        } else {
            markup += c;
        }
    }
    return markup;
}

} // namespace drover::conformance
