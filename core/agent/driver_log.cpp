#include "core/agent/driver_log.hpp"

#include <spdlog/spdlog.h>

namespace drover {

namespace {
spdlog::level::level_enum level_of(LogLevel level) noexcept {
    switch (level) {
    case LogLevel::debug:
        return spdlog::level::debug;
    case LogLevel::info:
        return spdlog::level::info;
    case LogLevel::warn:
        return spdlog::level::warn;
    case LogLevel::error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}
} // namespace

void DriverLog::log(std::string_view backend, LogLevel level, std::string_view message) {
    spdlog::log(level_of(level), "backend {}: {}", backend, message);
}

bool DriverLog::log_enabled(LogLevel level) const noexcept {
    return spdlog::should_log(level_of(level));
}

} // namespace drover
