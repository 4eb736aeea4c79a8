#include "loader/host/control_line.hpp"

#include "loader/host/row_stream.hpp"
#include "loader/wire/channel.hpp"

namespace drover::host {
namespace {

thread_local RowStream *this_threads_call = nullptr;

} // namespace

void ControlLine::set_call(RowStream *call) noexcept {
    this_threads_call = call;
}

void ControlLine::log(std::string_view /*backend*/, LogLevel level, std::string_view message) {
    if (this_threads_call != nullptr) {
        this_threads_call->log(level, message);
        return;
    }
    wire::FrameWriter frame;
    frame.begin(wire::Kind::log, 0);
    frame.number(wire::Tag::level, static_cast<std::uint64_t>(level));
    frame.text(wire::Tag::message, message);
    send(frame);
}

bool ControlLine::send(wire::FrameWriter &frame) {
    const std::lock_guard lock(mutex_);
    return wire::send_all(fd_, frame.finish());
}

} // namespace drover::host
