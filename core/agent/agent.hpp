// The node service, put together: state, backends, volumes and the fronts that serve them. `main` builds one
// and runs it.
#pragma once

#include "core/config/agent_config.hpp"
#include "loader/base/error.hpp"

#include <memory>
#include <string>

namespace drover {

class Agent {
public:
    // Makes the folders, takes the state (another agent that holds it: conflict), recovers, and listens on
    // every socket. Backends are opened in the background: an agent with a backend that is down still starts.
    static Result<std::unique_ptr<Agent>> build(AgentConfig config, std::string version);
    ~Agent();
    Agent(const Agent &) = delete;
    Agent &operator=(const Agent &) = delete;

    // Serves until SIGTERM or SIGINT; then lets running work end for some seconds and stops. Mounts stay.
    // SIGHUP replaces the isolated drivers whose file has changed.
    Result<void> run();

private:
    struct Parts;
    explicit Agent(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace drover
