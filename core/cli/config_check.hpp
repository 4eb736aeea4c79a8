// agent.yml checked as the agent does it: the file itself, then each backend's keys against what its driver
// declares, where the driver's file is there.
#pragma once

#include "core/config/agent_config.hpp"
#include "loader/driver.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drover::cli {

struct ConfigReport {
    std::optional<AgentConfig> config;                // nothing when the file itself is wrong
    std::map<std::string, DriverDescription> drivers; // by backend, of those whose driver could be loaded
    std::vector<Problem> problems;                    // errors and warnings

    [[nodiscard]] bool has_errors() const;
};

// `driver_dir` empty: the file's own.
ConfigReport check_config(const std::string &file, const std::filesystem::path &driver_dir);

// The agent's own choice: /etc/drover/agent.yml, or Flocker's when only that says something.
std::string default_config_file();

// Where the drivers of this node are: what that file says, or the usual place when it is absent or wrong.
std::filesystem::path default_driver_folder();

} // namespace drover::cli
