#include "core/http/timestamp.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace drover::http {

std::string rfc3339(std::uint64_t unix_ns) {
    const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
    const auto milliseconds = unix_ns / 1'000'000 % 1000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    const std::string whole = fmt::format("{:%Y-%m-%dT%H:%M:%S}", utc);
    return milliseconds == 0 ? whole + "Z" : fmt::format("{}.{:03}Z", whole, milliseconds);
}

} // namespace drover::http
