// Text that comes from a driver: checked before it becomes a value. A driver is code that we did not write,
// so neither its pointers' lengths nor its encoding are believed.
#pragma once

#include "drover/abi/types.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace drover {

// UTF-8 without NUL bytes.
bool is_text(std::string_view bytes) noexcept;

// Why the text cannot be taken, or nothing: "has no data pointer", "is 70000 bytes long (at most 255)", "is
// not valid UTF-8".
std::optional<std::string> problem_with(drv_str text, std::size_t max_bytes);

// For text of which only its problem was asked, and none found. NULL with length 0 is taken as empty.
inline std::string_view view_of(drv_str text) noexcept {
    return text.len == 0 ? std::string_view{} : std::string_view{text.data, text.len};
}

// For people: control characters become spaces, bytes that are no UTF-8 become U+FFFD, and what is over
// `max_bytes` is cut. Never fails; text without a pointer or of an absurd length reads "(unreadable text)".
std::string one_line(drv_str text, std::size_t max_bytes = 4096);
std::string one_line(std::string_view text, std::size_t max_bytes = 4096);

} // namespace drover
