// Text that comes from a driver: checked before it becomes a value. A driver is code that we did not write,
// so neither its pointers' lengths nor its encoding are believed.
#pragma once

#include "drover/abi/types.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace drover {

// UTF-8 without NUL bytes.
bool is_text(std::string_view bytes) noexcept;

// Why the text cannot be taken, or nothing: "has no data pointer", "is 70000 bytes long (at most 255)", "is
// not valid UTF-8".
std::optional<std::string> problem_with(drv_str text, std::size_t max_bytes);
// Whether there is none. For short ASCII, which nearly all text of a listing is, as cheap as it can be.
bool is_good(drv_str text, std::size_t max_bytes) noexcept;

// For text of which only its problem was asked, and none found. NULL with length 0 is taken as empty.
inline std::string_view view_of(drv_str text) noexcept {
    return text.len == 0 ? std::string_view{} : std::string_view{text.data, text.len};
}

namespace detail {

template <typename Word>
bool is_ascii_word(const char *at) noexcept {
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    constexpr Word kOnes = static_cast<Word>(0x0101010101010101U);
    constexpr Word kHigh = static_cast<Word>(0x8080808080808080U);
    // Subtracting one sets the high bit of a byte that was zero.
    return ((word | (word - kOnes)) & kHigh) == 0;
}

// All bytes are 1 to 127. The last word may overlap the one before it.
inline bool is_ascii(const char *bytes, std::size_t size) noexcept {
    if (size >= sizeof(std::uint64_t)) {
        const char *last = bytes + size - sizeof(std::uint64_t);
        for (const char *at = bytes; at < last; at += sizeof(std::uint64_t)) {
            if (!is_ascii_word<std::uint64_t>(at))
                return false;
        }
        return is_ascii_word<std::uint64_t>(last);
    }
    if (size >= sizeof(std::uint32_t)) {
        return is_ascii_word<std::uint32_t>(bytes) &&
               is_ascii_word<std::uint32_t>(bytes + size - sizeof(std::uint32_t));
    }
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (byte == 0 || byte > 0x7F)
            return false;
    }
    return true;
}

} // namespace detail

inline bool is_good(drv_str text, std::size_t max_bytes) noexcept {
    if (text.len == 0)
        return true;
    if (text.data == nullptr || text.len > max_bytes)
        return false;
    return detail::is_ascii(text.data, text.len) || is_text({text.data, text.len});
}

// For people: control characters become spaces, bytes that are no UTF-8 become U+FFFD, and what is over
// `max_bytes` is cut. Never fails; text without a pointer or of an absurd length reads "(unreadable text)".
std::string one_line(drv_str text, std::size_t max_bytes = 4096);
std::string one_line(std::string_view text, std::size_t max_bytes = 4096);

} // namespace drover
