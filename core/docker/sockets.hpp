// Which plugin sockets a configuration asks for: the volume drivers that users can name.
#pragma once

#include "core/config/agent_config.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drover {

struct DockerSocket {
    std::string name;           // what users type: docker volume create -d NAME
    std::string backend;        // whose volumes it serves
    std::filesystem::path file; // <plugin-dir>/NAME.sock
};

// docker.names for the default backend, then one for each backend; no name twice. Empty when Docker is not
// served.
std::vector<DockerSocket> docker_sockets(const AgentConfig &config);

} // namespace drover
