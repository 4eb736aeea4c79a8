// A drover-agent of the benchmark's own: the built program, on folders below the workplace. Throws
// std::runtime_error, with the last lines of the agent's log, where something does not work.
#pragma once

#include "bench/workplace.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace drover::bench {

class AgentProcess {
public:
    // `backend` is the driver's name: loopback or memory. Starts it and waits until its backend is ready.
    AgentProcess(const Workplace &workplace, const std::string &name, const std::string &backend);
    ~AgentProcess();
    AgentProcess(const AgentProcess &) = delete;
    AgentProcess &operator=(const AgentProcess &) = delete;

    void restart();
    // Waits until it has neither run nor woken for so long. Its workers wait for more work for 10 s before
    // they go home.
    void settle(std::chrono::milliseconds quiet = std::chrono::milliseconds(500)) const;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] std::filesystem::path folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path docker_socket() const { return folder_ / "plugins" / "drover.sock"; }
    // The end of its log, for errors.
    [[nodiscard]] std::string last_words() const;

private:
    void start();
    void stop() noexcept;

    std::filesystem::path folder_;
    pid_t pid_ = -1;
};

} // namespace drover::bench
