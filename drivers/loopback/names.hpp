// From ids to file names. An id becomes a file name only when it is plainly harmless; every other id gets a
// name made of its SHA-1, so that no id can reach outside the folder or be too long.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loopback {

// The stem of all files of the object with this id. Two ids never share one.
[[nodiscard]] std::string key_of(std::string_view id);
// True when key_of(id) is the id itself, so that the file name alone tells the id.
[[nodiscard]] bool is_plain(std::string_view id);
// A fresh name for an image of the object: "<key>.<16 hex digits>".
[[nodiscard]] std::string new_image_name(std::string_view key);
// The key an image name belongs to; nothing when it is no image name.
[[nodiscard]] std::optional<std::string_view> key_of_image(std::string_view image);
// `name` without `suffix`; nothing when it has another, or nothing else.
[[nodiscard]] std::optional<std::string_view> without_suffix(std::string_view name, std::string_view suffix);
// The id as messages show it.
[[nodiscard]] std::string quoted(std::string_view id);

} // namespace loopback
