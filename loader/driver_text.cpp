#include "loader/driver_text.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

namespace drover {
namespace {

// Longer than any sentence: such a length is more likely a wild value than a text.
constexpr std::uint64_t kAbsurdLength = 1U << 20;

// Bytes of the UTF-8 sequence at `bytes[at]`, or 0 when there is no valid one (RFC 3629: no overlong forms,
// no surrogates, nothing over U+10FFFF).
std::size_t sequence_length(std::string_view bytes, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80)
        return 1;
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0)
            low = 0xA0;
        if (lead == 0xED)
            high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0)
            low = 0x90;
        if (lead == 0xF4)
            high = 0x8F;
    } else {
        return 0;
    }
    if (bytes.size() - at < length || byte(at + 1) < low || byte(at + 1) > high)
        return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(at + i) < 0x80 || byte(at + i) > 0xBF)
            return 0;
    }
    return length;
}

} // namespace

bool is_text(std::string_view bytes) noexcept {
    std::size_t at = 0;
    while (at < bytes.size()) {
        // Eight plain ASCII bytes at a time: nearly all text of a listing is that.
        if (bytes.size() - at >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data() + at, sizeof word);
            constexpr std::uint64_t kHigh = 0x8080808080808080U;
            constexpr std::uint64_t kOnes = 0x0101010101010101U;
            if (((word | (word - kOnes)) & kHigh) == 0) {
                at += 8;
                continue;
            }
        }
        if (bytes[at] == '\0')
            return false;
        const std::size_t length = sequence_length(bytes, at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

std::optional<std::string> problem_with(drv_str text, std::size_t max_bytes) {
    if (text.len == 0)
        return std::nullopt;
    if (text.data == nullptr)
        return fmt::format("has {} bytes but no data pointer", text.len);
    if (text.len > max_bytes)
        return fmt::format("is {} bytes long (at most {})", text.len, max_bytes);
    if (!is_text({text.data, text.len}))
        return "is not valid UTF-8";
    return std::nullopt;
}

std::string one_line(drv_str text, std::size_t max_bytes) {
    if (text.len == 0)
        return {};
    if (text.data == nullptr || text.len > kAbsurdLength)
        return "(unreadable text)";
    return one_line(std::string_view(text.data, text.len), max_bytes);
}

std::string one_line(std::string_view text, std::size_t max_bytes) {
    std::string line;
    line.reserve(std::min(text.size(), max_bytes));
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text, at);
        std::string_view piece = text.substr(at, length == 0 ? 1 : length);
        at += piece.size();
        if (length == 0) {
            piece = "\xEF\xBF\xBD";
        } else if (static_cast<unsigned char>(piece.front()) < 0x20 || piece.front() == 0x7F) {
            piece = " ";
        }
        if (line.size() + piece.size() > max_bytes)
            break;
        line += piece;
    }
    while (!line.empty() && line.back() == ' ')
        line.pop_back();
    return line;
}

} // namespace drover
