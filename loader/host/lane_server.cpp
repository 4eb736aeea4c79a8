#include "loader/host/lane_server.hpp"

#include <cstdio>
#include <limits>
#include <unistd.h>

namespace drover::host {
namespace {

Deadline deadline_at(std::uint64_t ns) noexcept {
    using Clock = Deadline::Clock;
    if (ns > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Deadline::never();
    return Deadline::at(Clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(ns))));
}

} // namespace

void LaneServer::run() {
    wire::Frame frame;
    while (receiver_.next_soon(fd_.get(), frame) == wire::FrameReceiver::Got::frame) {
        if (frame.header.kind != wire::Kind::call)
            continue; // of a later protocol
        if (!serve(frame))
            return;
    }
}

bool LaneServer::serve(const wire::Frame &frame) {
    wire::CallArguments arguments;
    if (!arguments.read(frame.fields)) {
        std::fputs("drover-driver-host: the agent sent a call that cannot be read\n", stderr);
        ::_exit(1);
    }
    control_.set_levels(arguments.log_levels());
    RowStream rows(fd_.get(), answer_, frame.header.call);
    CallContext context{.deadline = deadline_at(arguments.deadline_ns()),
                        .request_id = arguments.request_id()};
    const ProgressFn progress = [&](unsigned permille, std::string_view stage) {
        rows.progress(permille, stage);
    };
    context.progress = &progress;
    {
        const std::lock_guard lock(mutex_);
        if (cancel_->is_cancelled())
            cancel_ = std::make_unique<CancelSource>();
        context.cancel = cancel_.get();
        running_ = frame.header.call;
        rows_ = &rows;
    }
    CallBridge bridge(context, wire::name_of(arguments.op()));
    ControlLine::set_call(&rows);
    const drv_status status = driver_.run(arguments, frame.fields, bridge, rows);
    ControlLine::set_call(nullptr);
    bridge.finish();
    {
        const std::lock_guard lock(mutex_);
        running_ = 0;
        rows_ = nullptr;
    }
    return rows.finish({.status = status,
                        .failure = bridge.last_failure(),
                        .failure_code = bridge.last_failure_code().value_or(DRV_OK)});
}

void LaneServer::cancel(std::uint64_t call) {
    const std::lock_guard lock(mutex_);
    if (running_ == call)
        cancel_->cancel();
}

void LaneServer::stop(std::uint64_t call) {
    const std::lock_guard lock(mutex_);
    if (running_ == call && rows_ != nullptr)
        rows_->stop();
}

} // namespace drover::host
