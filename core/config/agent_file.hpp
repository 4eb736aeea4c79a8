// Which agent.yml is meant when nobody names one. Reads no YAML.
#pragma once

#include <filesystem>
#include <string>

namespace drover {

struct AgentFile {
    std::filesystem::path file;
    std::string why; // for the log: why it is not the usual one; empty when it is
};

// /etc/drover/agent.yml; or /etc/flocker/agent.yml when that is there and ours is not, or holds nothing but
// comments, as packages install it. One that is there and cannot be read is chosen, so that its error is
// told. `root` stands in for / in tests.
[[nodiscard]] AgentFile choose_agent_file(const std::filesystem::path &root = "/");

} // namespace drover
