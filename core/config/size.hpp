// Sizes as people write them. Every unit is a power of 1024, as in Docker and Flocker: 10g, 10G, 10GB and
// 10GiB are the same number, so that a volume is never smaller than the one who asked expects.
#pragma once

#include "loader/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace drover {

// Digits, optionally with a fraction ("1.5"), optionally a blank, then nothing or B for bytes, or one of K M
// G T P E alone or followed by B or iB, in any case. A fraction is rounded up to a whole byte and needs a
// unit. Errors (Code::invalid): no number, unknown unit, does not fit into 64 bits.
Result<std::uint64_t> parse_size(std::string_view text);

// For people: the largest unit that keeps the number at 1 or above, with at most two digits after the point
// and no trailing zeros: "10 GiB", "1.5 TiB", "512 B". Rounded down unless it is exact.
std::string format_size(std::uint64_t bytes);

} // namespace drover
