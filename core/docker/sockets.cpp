#include "core/docker/sockets.hpp"

#include <algorithm>

namespace drover {

std::vector<DockerSocket> docker_sockets(const AgentConfig &config) {
    std::vector<DockerSocket> out;
    if (!config.docker.enabled)
        return out;
    const auto add = [&](const std::string &name, const std::string &backend) {
        const bool is_taken = std::any_of(out.begin(), out.end(),
                                          [&](const DockerSocket &socket) { return socket.name == name; });
        if (is_taken)
            return;
        out.push_back(
            {.name = name, .backend = backend, .file = config.docker.plugin_dir / (name + ".sock")});
    };
    for (const std::string &name : config.docker.names)
        add(name, config.default_backend);
    for (const BackendConfig &backend : config.backends)
        add(backend.name, backend.name);
    return out;
}

} // namespace drover
