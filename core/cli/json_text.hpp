// Reading the API's objects without trusting their shape, and writing them for scripts.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace drover::cli {

// The value of a key; empty, 0, false or null when it is absent or of another kind. A newer agent may send
// more and an older one less than this program knows.
std::string_view text_of(const boost::json::value &object, std::string_view key) noexcept;
std::uint64_t number_of(const boost::json::value &object, std::string_view key) noexcept;
bool flag_of(const boost::json::value &object, std::string_view key) noexcept;
const boost::json::value &value_of(const boost::json::value &object, std::string_view key) noexcept;
// The list of a key. Throws CommandFailed when there is none: the answer is not what was asked for.
const boost::json::array &list_of(const boost::json::value &object, std::string_view key);
// The items of a list of texts, separated by ", ".
std::string joined_texts(const boost::json::value &object, std::string_view key);

// Indented by two blanks, keys in the order they came in, a newline at the end.
std::string pretty(const boost::json::value &value);

} // namespace drover::cli
