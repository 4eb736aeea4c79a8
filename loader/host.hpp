// What the loader needs of whoever opens a driver: its configuration values, its secrets, and a place for its
// log lines.
#pragma once

#include "loader/base/error.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace drover {

enum class LogLevel { debug = 1, info = 2, warn = 3, error = 4 };

// The driver-facing side of the agent. All methods may be called from any thread, also a driver's own.
// Outlives the driver.
class Host {
public:
    virtual ~Host() = default;
    virtual void log(std::string_view backend, LogLevel level, std::string_view message) = 0;
    [[nodiscard]] virtual bool log_enabled(LogLevel level) const noexcept = 0;
};

// The checked values of one backend: every declared key that has a value or a fallback, in the canonical form
// of DRV_KEY_* (see drover/abi/types.h). Secrets are kept apart and are never logged.
struct BackendSettings {
    std::map<std::string, std::string, std::less<>> values;
    std::map<std::string, std::string, std::less<>> secrets;
};

} // namespace drover
