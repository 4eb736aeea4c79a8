// "Did you mean ...?": the known word that is closest to a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace drover {

// Insertions, deletions, changes and swaps of neighbours (optimal string alignment) to turn one text into the
// other. ASCII case and '-' against '_' make no difference: people mix them up, and that is what this is for.
[[nodiscard]] unsigned edit_distance(std::string_view left, std::string_view right);

// The closest of the known words if it is close enough to be meant (about a third of its letters); the first
// of equals. Nothing for words beyond 128 bytes.
[[nodiscard]] std::optional<std::string> suggest(std::string_view word, std::span<const std::string> known);

} // namespace drover
