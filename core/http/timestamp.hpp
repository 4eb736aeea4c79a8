// Times as JSON carries them.
#pragma once

#include <cstdint>
#include <string>

namespace drover::http {

// RFC 3339 in UTC: "2026-01-02T03:04:05Z", with milliseconds when they are not zero.
std::string rfc3339(std::uint64_t unix_ns);

} // namespace drover::http
