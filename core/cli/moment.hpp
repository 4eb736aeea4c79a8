// Times of the API for people: "3h", "in 20s".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace drover::cli {

using Moment = std::chrono::system_clock::time_point;

// RFC 3339 in UTC ("2026-01-02T03:04:05Z", with or without a fraction, of which milliseconds
// are kept); nothing for other text.
std::optional<Moment> parse_moment(std::string_view text);

// The largest whole unit: "0s", "59s", "3m", "7h", "12d", "2y". Of two moments, however they lie: a clock
// that is a little off must not give a negative age.
std::string format_distance(Moment a, Moment b);

// How long something took; below a second in milliseconds: "48ms".
std::string format_duration(Moment begin, Moment end);

// The age of an API time; "-" for null or nonsense.
std::string age_of(std::string_view time, Moment now);

} // namespace drover::cli
