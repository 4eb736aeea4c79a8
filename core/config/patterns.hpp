// What canonical() (scalars.hpp) and check_backend_keys (backend_keys.hpp) ask of one value, as regular
// expressions for those who cannot call them: the JSON Schema. ECMA 262, anchored; also Python's.
//
// An expression never refuses a text that the reader takes. It may take a little more, where an expression
// cannot tell: sizes out of their range, IPv6 addresses with too many groups.
#pragma once

#include "core/config/schema.hpp"
#include "loader/driver.hpp"

#include <string>
#include <string_view>

namespace drover {

// Of one word (a list's item). Empty where the words themselves are known: version and choice.
std::string_view pattern_of(ValueKind kind) noexcept;
// Of a driver's key that is no secret. Empty: any text.
std::string_view pattern_of(KeyKind kind) noexcept;
// A reference to a secret, and, of a secret that is a text, the reference or the secret itself.
std::string_view secret_reference_pattern() noexcept;
std::string_view secret_pattern() noexcept;

} // namespace drover
