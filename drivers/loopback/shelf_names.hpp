// Inside of Shelf: the suffixes of its files. Included by shelf*.cpp only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loopback {

inline constexpr std::string_view kMetadata = ".json";
inline constexpr std::string_view kTemporary = ".json.tmp";
inline constexpr std::string_view kDeleting = ".deleting";
inline constexpr std::string_view kImage = ".img";
inline constexpr std::string_view kNew = ".new";
inline constexpr std::string_view kOld = ".old";
inline constexpr std::string_view kReleased = ".released";

inline std::string with(std::string_view name, std::string_view suffix) {
    return std::string(name) + std::string(suffix);
}

// The text of a metadata file, or nothing when there is none.
std::optional<std::string> read_metadata(int folder, const std::string &name);

} // namespace loopback
