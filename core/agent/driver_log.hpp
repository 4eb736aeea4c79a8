// The drivers' way into the agent's log.
#pragma once

#include "loader/host.hpp"

namespace drover {

class DriverLog final : public Host {
public:
    void log(std::string_view backend, LogLevel level, std::string_view message) override;
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override;
};

} // namespace drover
