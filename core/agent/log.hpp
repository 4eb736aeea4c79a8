// The agent's own log: lines on stderr, for people or as JSON.
#pragma once

#include "core/config/agent_config.hpp"

namespace drover {

// To stderr, where systemd's journal and people both find it. Replaces spdlog's default logger.
void set_up_log(const LoggingSettings &settings);

} // namespace drover
