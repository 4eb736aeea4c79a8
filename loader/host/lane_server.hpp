// One lane in the child: a socket and a thread that serves one call at a time from it.
#pragma once

#include "loader/base/unique_fd.hpp"
#include "loader/call_context.hpp"
#include "loader/host/control_line.hpp"
#include "loader/host/served_driver.hpp"
#include "loader/wire/channel.hpp"

#include <memory>
#include <mutex>

namespace drover::host {

class LaneServer {
public:
    // Both must outlive it.
    LaneServer(UniqueFd fd, ServedDriver &driver, ControlLine &control)
        : fd_(std::move(fd)), driver_(driver), control_(control), cancel_(std::make_unique<CancelSource>()) {}
    LaneServer(const LaneServer &) = delete;
    LaneServer &operator=(const LaneServer &) = delete;

    // Until the agent closes the lane. The thread's work.
    void run();
    // Of the call with that number, when it is running. From any thread.
    void cancel(std::uint64_t call);
    void stop(std::uint64_t call);

private:
    bool serve(const wire::Frame &frame);

    UniqueFd fd_;
    ServedDriver &driver_;
    ControlLine &control_;
    wire::FrameReceiver receiver_;
    wire::FrameWriter answer_;
    std::mutex mutex_; // guards what follows
    std::uint64_t running_ = 0;
    RowStream *rows_ = nullptr;
    std::unique_ptr<CancelSource> cancel_; // a new one only after it was used
};

} // namespace drover::host
