// Versions of the FlashArray's REST API 1.x, which compare by number: 1.10 is newer than 1.9.
#pragma once

#include "drover/sdk/rest/json.hpp"

#include <compare>
#include <string>

namespace flasharray {

struct RestVersion {
    unsigned major = 0, minor = 0;
    [[nodiscard]] std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
    // clang-tidy 14 takes the 0 within for a pointer.
    friend auto operator<=>(const RestVersion &,
                            const RestVersion &) = default; // NOLINT(modernize-use-nullptr)
};

inline constexpr RestVersion kOldest{1, 2}; // has groups and their snapshots
inline constexpr RestVersion kNewest{1, 19};

// The newest version that the array offers and this driver speaks, from the answer to GET /api/api_version.
// Throws Error(unsupported) when there is none, and when it is another product's answer.
[[nodiscard]] RestVersion choose_version(const drv::rest::Json &answer);

} // namespace flasharray
