// How a fuzz target says that a promise was broken: it prints which one and ends the process, as a sanitizer
// would, so that libFuzzer keeps the input and ctest sees a failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// Every target defines it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace drover::fuzz {

inline std::string_view text_of(const std::uint8_t *data, std::size_t size) noexcept {
    return {reinterpret_cast<const char *>(data), size};
}

// Control characters as \xNN: the terminal that shows a find must survive it.
inline std::string visible(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += kDigits[byte >> 4U];
            out += kDigits[byte & 15U];
        }
    }
    return out;
}

// `detail` is what the promise was broken with.
inline void require(bool kept, std::string_view promise, std::string_view detail = {}) {
    if (kept)
        return;
    std::fprintf(stderr, "broken promise: %.*s\n  with: %s\n", static_cast<int>(promise.size()),
                 promise.data(), visible(detail).c_str());
    std::abort();
}

inline bool is_one_line(std::string_view text) noexcept {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return false;
    }
    return !text.empty();
}

// A message that lands in logs and on terminals: it says something, and input cannot break its line.
inline void require_message(std::string_view message) {
    require(is_one_line(message), "a message is one line of visible text", message);
}

} // namespace drover::fuzz
