// A trap of Beast 1.81: it asserts that it sees a body's last chunk ("0 CRLF CRLF") whole when it looks at it
// for a second time (basic_parser.ipp, parse_chunk_header). That is wrong of a first chunk that is the last
// one too and arrives in pieces. Whoever reads a body in chunks does not show Beast the beginning of one.
#pragma once

#include <string_view>

namespace drover::http {

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Whether `bytes`, with which a chunk begins, may become the last chunk but are not all of it. More is to
// come then in any case, so waiting for it is never in vain.
[[nodiscard]] constexpr bool is_half_last_chunk(std::string_view bytes) {
    return bytes.size() < kLastChunk.size() && kLastChunk.starts_with(bytes);
}

} // namespace drover::http
