#include "core/config/scalars.hpp"

#include "core/config/agent_config.hpp"
#include "core/config/size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>

namespace drover {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_alnum(char c) {
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text.substr(i, 1)))
            return false;
    }
    return true;
}

bool is_address(const std::string &text) {
    std::array<unsigned char, sizeof(in6_addr)> buffer{};
    return inet_pton(AF_INET, text.c_str(), buffer.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), buffer.data()) == 1;
}

// RFC 1123: labels of 1 to 63 letters, digits and inner dashes; a dot at the end is allowed.
bool is_hostname(std::string_view text) {
    if (text.ends_with('.'))
        text.remove_suffix(1);
    if (text.empty() || text.size() > 253)
        return false;
    while (true) {
        const auto label = text.substr(0, text.find('.'));
        if (label.empty() || label.size() > 63 || label.starts_with('-') || label.ends_with('-') ||
            !std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; }))
            return false;
        if (label.size() == text.size())
            return true;
        text.remove_prefix(label.size() + 1);
    }
}

// The path without doubled and trailing slashes, or nothing if it is not absolute, climbs, or is the root
// itself.
std::optional<std::string> directory(std::string_view text) {
    if (!text.starts_with('/') || text.size() >= 4096 ||
        std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return std::nullopt;
    std::string out;
    while (!text.empty()) {
        const auto part = text.substr(0, text.find('/'));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        if (part.empty())
            continue;
        if (part == "." || part == ".." || part.size() > 255)
            return std::nullopt;
        out.append("/").append(part);
    }
    return out.empty() ? std::nullopt : std::optional(out);
}

bool is_node_name(std::string_view text) {
    return !text.empty() && text.size() <= 63 && is_alnum(text[0]) &&
           std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_choice(std::string_view choices, std::string_view text) {
    while (!choices.empty()) {
        const auto choice = choices.substr(0, choices.find('|'));
        if (choice == text)
            return true;
        choices.remove_prefix(std::min(choices.size(), choice.size() + 1));
    }
    return false;
}

std::optional<std::string> keep_if(bool fits, std::string text) {
    return fits ? std::optional(std::move(text)) : std::nullopt;
}

} // namespace

bool is_valid_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 63 && is_lower(name[0]) && std::ranges::all_of(name, [](char c) {
        return is_lower(c) || is_digit(c) || c == '_' || c == '-';
    });
}

std::optional<bool> parse_boolean(std::string_view text) {
    const auto word = lower(text.substr(0, 6));
    if (word == "true" || word == "yes" || word == "on")
        return true;
    if (word == "false" || word == "no" || word == "off")
        return false;
    return std::nullopt;
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
    if (text.empty() || (text.size() > 1 && text[0] == '0'))
        return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<std::size_t> find_bad_utf8(std::string_view text) {
    std::size_t at = 0;
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    };
    while (at < text.size()) {
        const unsigned first = byte(at);
        if (first == 0)
            return at;
        if (first < 0x80) {
            ++at;
            continue;
        }
        // The range of the second byte excludes overlong forms, surrogates and what is beyond U+10FFFF.
        unsigned low = 0x80;
        unsigned high = 0xBF;
        std::size_t length = 0;
        if (first >= 0xC2 && first <= 0xDF) {
            length = 2;
        } else if (first >= 0xE0 && first <= 0xEF) {
            length = 3;
            low = first == 0xE0 ? 0xA0 : low;
            high = first == 0xED ? 0x9F : high;
        } else if (first >= 0xF0 && first <= 0xF4) {
            length = 4;
            low = first == 0xF0 ? 0x90 : low;
            high = first == 0xF4 ? 0x8F : high;
        } else {
            return at;
        }
        if (byte(at + 1) < low || byte(at + 1) > high)
            return at;
        for (std::size_t i = 2; i < length; ++i) {
            if ((byte(at + i) & 0xC0) != 0x80)
                return at;
        }
        at += length;
    }
    return std::nullopt;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kMaxShown = 60;
    std::size_t length = 0;
    while (length < text.size() && length<kMaxShown &&static_cast<unsigned char>(text[length])> 0x20 &&
           text[length] != 0x7f)
        ++length;
    while (length > 0 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80)
        --length; // a character is shown whole or not at all
    return fmt::format("\"{}{}\"", text.substr(0, length), length < text.size() ? "..." : "");
}

std::optional<std::string> canonical(const SchemaKey &key, std::string_view text) {
    switch (key.kind) {
    case ValueKind::version:
        // JSON Schema's "number", as Flocker asks for, takes 1.0 as well.
        return keep_if(text == "1" || text == "1.0", "1");
    case ValueKind::name:
    case ValueKind::names:
        return keep_if(is_valid_name(text), std::string(text));
    case ValueKind::directory:
        return directory(text);
    case ValueKind::node_id:
        return keep_if(is_node_name(text), is_uuid(lower(text)) ? lower(text) : std::string(text));
    case ValueKind::uuid:
        return keep_if(is_uuid(lower(text)), lower(text));
    case ValueKind::hostname:
        return keep_if(is_hostname(text) || is_address(std::string(text)), std::string(text));
    case ValueKind::port: {
        const auto value = parse_u64(text);
        return keep_if(value && *value >= 1 && *value <= 65535, std::string(text));
    }
    case ValueKind::boolean: {
        const auto value = parse_boolean(text);
        return keep_if(value.has_value(), value.value_or(false) ? "true" : "false");
    }
    case ValueKind::size: {
        const auto bytes = parse_size(text);
        return keep_if(bytes && *bytes >= (std::uint64_t{1} << 20), std::to_string(bytes.value_or(0)));
    }
    case ValueKind::choice:
        return keep_if(is_choice(key.choices, text), std::string(text));
    case ValueKind::sha256:
        return keep_if(text.size() == 64 && is_hex(lower(text)), lower(text));
    }
    return std::nullopt;
}

} // namespace drover
