// The Docker volume plugin protocol as dockerd speaks it, against a running agent. Everything throws
// std::runtime_error when the agent answers an error, or nothing.
#pragma once

#include "core/http/client.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace drover::bench {

// One connection, kept open. For one thread.
class DockerCalls {
public:
    explicit DockerCalls(const std::filesystem::path &socket);

    void create(const std::string &name, std::uint64_t bytes);
    void mount(const std::string &name);
    void unmount(const std::string &name);
    void remove(const std::string &name);
    std::string get(const std::string &name); // the answer's text

private:
    std::string call(const char *method, const std::string &body);
    http::Client client_;
};

// One Get for each name, each on a connection of its own, all under way at once: the time from the first
// connect to the last answer.
std::chrono::nanoseconds get_all_at_once(const std::filesystem::path &socket,
                                         const std::vector<std::string> &names);

} // namespace drover::bench
