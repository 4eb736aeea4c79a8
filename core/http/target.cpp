#include "core/http/target.hpp"

#include <fmt/format.h>

namespace drover::http {

namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

Result<std::string> decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return fail(Code::invalid,
                        "the address has a % that two hexadecimal digits do not follow: write % as %25");
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

// Calls `take` for each piece between separators, also empty ones.
template <typename Take>
Result<void> each_piece(std::string_view text, char separator, Take take) {
    while (true) {
        const auto end = text.find(separator);
        if (Result<void> good = take(text.substr(0, end)); !good)
            return good;
        if (end == std::string_view::npos)
            return {};
        text.remove_prefix(end + 1);
    }
}

} // namespace

Result<Target> parse_target(std::string_view target) {
    if (target.empty() || target.front() != '/')
        return fail(Code::invalid, "the address is no path: it does not begin with /");
    Target out;
    const auto question = target.find('?');
    auto good = each_piece(target.substr(1, question == std::string_view::npos ? question : question - 1),
                           '/', [&](std::string_view piece) -> Result<void> {
                               auto text = decode(piece);
                               if (!text)
                                   return fail(std::move(text).error());
                               out.segments.push_back(std::move(*text));
                               return {};
                           });
    if (!good)
        return fail(std::move(good).error());
    if (question == std::string_view::npos || question + 1 == target.size())
        return out;
    good = each_piece(target.substr(question + 1), '&', [&](std::string_view piece) -> Result<void> {
        const auto equals = piece.find('=');
        auto name = decode(piece.substr(0, equals));
        auto value = equals == std::string_view::npos ? std::string() : decode(piece.substr(equals + 1));
        if (!name || !value)
            return fail(std::move(!name ? name : value).error());
        out.query.emplace_back(std::move(*name), std::move(*value));
        return {};
    });
    if (!good)
        return fail(std::move(good).error());
    return out;
}

std::string encode_segment(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

} // namespace drover::http
