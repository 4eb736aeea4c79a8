// One scalar of agent.yml at a time: is the text what its kind asks for, and what is its canonical form?
// Knows nothing of files and places.
#pragma once

#include "core/config/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drover {

// true, yes, on and false, no, off in any case: YAML 1.1 and 1.2 disagree about them, and people quote them.
std::optional<bool> parse_boolean(std::string_view text);

// Decimal digits without sign, blanks or leading zeros (YAML 1.1 reads 010 as eight), within 64 bits.
std::optional<std::uint64_t> parse_u64(std::string_view text);

// Valid UTF-8 (no surrogates, nothing overlong) without NUL. Otherwise the offset of the first bad byte.
std::optional<std::size_t> find_bad_utf8(std::string_view text);

// The canonical form ("true", decimal digits, lower case), or nothing if the text does not fit.
std::optional<std::string> canonical(const SchemaKey &key, std::string_view text);

// A value that is no secret, for a message: its first word, at most 60 bytes of it. Not more, because a colon
// that was forgotten on the next line, or a quotation mark that was not closed, makes YAML append that line,
// perhaps with a password, to this value.
std::string in_quotes(std::string_view text);

} // namespace drover
