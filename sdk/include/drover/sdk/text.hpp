// Text between a driver and the ABI: views of drv_str, a field that owns or borrows its bytes, and the checks
// that both directions need. No allocation happens in a conversion that only looks.
#pragma once

#include "drover/abi/types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace drv {

// The ABI's form of a text. The bytes are borrowed: they must outlive every use of the result.
[[nodiscard]] constexpr drv_str to_abi(std::string_view text) noexcept {
    return {text.empty() ? "" : text.data(), text.size()};
}

// A view of the host's bytes, valid as long as they are: for an argument, until the op returns.
[[nodiscard]] constexpr std::string_view view_of(drv_str text) noexcept {
    return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.len);
}

// True for well-formed UTF-8: no overlong forms, no surrogates, nothing over U+10FFFF.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
    std::size_t at = 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    while (at < text.size()) {
        const unsigned lead = byte(at);
        if (lead < 0x80U) {
            ++at;
            continue;
        }
        const std::size_t length = lead >= 0xf0U ? 4 : lead >= 0xe0U ? 3 : 2;
        if (lead < 0xc2U || lead > 0xf4U || text.size() - at < length)
            return false;
        const unsigned second = byte(at + 1);
        const unsigned low = lead == 0xe0U ? 0xa0U : lead == 0xf0U ? 0x90U : 0x80U;
        const unsigned high = lead == 0xedU ? 0x9fU : lead == 0xf4U ? 0x8fU : 0xbfU;
        if (second < low || second > high)
            return false;
        for (std::size_t i = at + 2; i < at + length; ++i) {
            if ((byte(i) & 0xc0U) != 0x80U)
                return false;
        }
        at += length;
    }
    return true;
}

// True when the text holds a byte below 0x20, or 0x7f.
[[nodiscard]] constexpr bool has_control_characters(std::string_view text) noexcept {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20U || c == '\x7f')
            return true;
    }
    return false;
}

// Text as a log line or an error message wants it: control characters become spaces, bytes that are no UTF-8
// become '?', and what is longer than `max_bytes` is cut at a character.
[[nodiscard]] inline std::string one_line(std::string_view text, std::size_t max_bytes = 4096) {
    std::string line;
    line.reserve(text.size() < max_bytes ? text.size() : max_bytes);
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t length = 1;
        const auto lead = static_cast<unsigned char>(text[at]);
        if (lead >= 0xc2U)
            length = lead >= 0xf0U ? 4 : lead >= 0xe0U ? 3 : 2;
        std::string_view piece = text.substr(at, length);
        at += piece.size();
        if (!is_utf8(piece)) {
            at -= piece.size() - 1;
            piece = "?";
        } else if (has_control_characters(piece)) {
            piece = " ";
        }
        if (line.size() + piece.size() > max_bytes)
            break;
        line += piece;
    }
    return line;
}

// One text field of a record. Made from a std::string, a literal or a std::string_view it owns a copy; only
// `borrow` refers to bytes elsewhere, which must then live until the record has been emitted.
class Text {
public:
    Text() = default;
    Text(std::string text) : owned_(std::move(text)) {} // NOLINT(google-explicit-constructor)
    Text(std::string_view text) : owned_(text) {}       // NOLINT(google-explicit-constructor)
    Text(const char *text) : owned_(text) {}            // NOLINT(google-explicit-constructor)
    [[nodiscard]] static Text borrow(std::string_view text) noexcept {
        Text result;
        result.borrowed_ = text;
        return result;
    }

    [[nodiscard]] std::string_view view() const noexcept {
        return borrowed_.data() != nullptr ? borrowed_ : std::string_view(owned_);
    }
    [[nodiscard]] bool empty() const noexcept { return view().empty(); }
    [[nodiscard]] std::string str() const { return std::string(view()); }
    friend bool operator==(const Text &a, const Text &b) noexcept { return a.view() == b.view(); }

private:
    std::string owned_;
    std::string_view borrowed_; // wins when its data is not NULL
};

} // namespace drv
