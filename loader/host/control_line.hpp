// The child's end of the control socket (descriptor 3): log lines and hello go out, from any thread. The
// lines of a thread that runs a call go over the call's lane instead, so that they arrive before its result.
#pragma once

#include "loader/host.hpp"
#include "loader/wire/calls.hpp"

#include <atomic>
#include <mutex>

namespace drover::host {

// What the driver's HostBridge logs to. Lines go to the agent, whose own Host writes them.
class RowStream;

class ControlLine final : public Host {
public:
    explicit ControlLine(int fd) noexcept : fd_(fd) {}

    void log(std::string_view backend, LogLevel level, std::string_view message) override;
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override {
        return (levels_.load(std::memory_order_relaxed) >> static_cast<unsigned>(level) & 1U) != 0;
    }
    // As the agent told with the last call.
    void set_levels(wire::LogLevels levels) noexcept {
        if (levels_.load(std::memory_order_relaxed) != levels)
            levels_.store(levels, std::memory_order_relaxed);
    }
    // The call that this thread runs from now on; NULL: none any more.
    static void set_call(RowStream *call) noexcept;
    // False: the agent is gone.
    bool send(wire::FrameWriter &frame);
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
    std::atomic<wire::LogLevels> levels_{0};
    std::mutex mutex_; // one frame after the other
};

} // namespace drover::host
