#include "conformance/suite/answer.hpp"

#include <fmt/format.h>

#include <array>

namespace drover::conformance {

std::string status_name(drv_status status) {
    static constexpr std::array<std::string_view, 14> kNames{
        "OK",       "INTERNAL", "INVALID",     "UNSUPPORTED", "NOT_FOUND", "EXISTS",  "CONFLICT",
        "NO_SPACE", "AUTH",     "UNREACHABLE", "DEADLINE",    "CANCELLED", "STOPPED", "GONE"};
    if (status >= 0 && static_cast<std::size_t>(status) < kNames.size())
        return std::string(kNames.at(static_cast<std::size_t>(status)));
    return fmt::format("unknown code {}", status);
}

std::string Answer::describe() const {
    std::string text = status_name(status);
    if (!is_ok() && failure)
        text += fmt::format(": {}", failure->message.empty() ? "(no words)" : failure->message);
    return text;
}

} // namespace drover::conformance
