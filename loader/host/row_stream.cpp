#include "loader/host/row_stream.hpp"

#include "loader/wire/channel.hpp"
#include "loader/wire/rows.hpp"

#include <fmt/format.h>

namespace drover::host {
namespace {

// A batch: few calls of the kernel, and the agent reads one while the driver makes the next.
constexpr std::size_t kBatchBytes = 60U << 10;
// Of one record with all its attributes. Half a frame, so that the result fits in behind it.
constexpr std::size_t kMaxRowBytes = wire::kMaxFrameBytes / 2;

RowStream &stream_of(void *data) noexcept {
    return *static_cast<RowStream *>(data);
}

} // namespace

RowStream::RowStream(int fd, wire::FrameWriter &frame, std::uint64_t call)
    : fd_(fd), frame_(frame), call_(call) {
    frame_.begin(wire::Kind::rows, call);
    volumes_ = {.struct_size = sizeof volumes_,
                .reserved = 0,
                .data = this,
                .emit = [](void *data, const drv_volume *volume) noexcept -> drv_status {
                    return stream_of(data).add([&](auto &to) { wire::write_volume(to, volume); });
                },
                .next_page = &RowStream::on_next_page};
    connections_ = {.struct_size = sizeof connections_,
                    .reserved = 0,
                    .data = this,
                    .emit = [](void *data, const drv_connection *connection) noexcept -> drv_status {
                        return stream_of(data).add([&](auto &to) { wire::write_connection(to, connection); });
                    }};
    profiles_ = {.struct_size = sizeof profiles_,
                 .reserved = 0,
                 .data = this,
                 .emit = [](void *data, const drv_profile *profile) noexcept -> drv_status {
                     return stream_of(data).add([&](auto &to) { wire::write_profile(to, profile); });
                 }};
    groups_ = {.struct_size = sizeof groups_,
               .reserved = 0,
               .data = this,
               .emit = [](void *data, const drv_group *group) noexcept -> drv_status {
                   return stream_of(data).add([&](auto &to) { wire::write_group(to, group); });
               },
               .next_page = &RowStream::on_next_page};
    stats_ = {.struct_size = sizeof stats_,
              .reserved = 0,
              .data = this,
              .emit = [](void *data, const drv_stats *stats) noexcept -> drv_status {
                  return stream_of(data).add([&](auto &to) { wire::write_stats(to, stats); });
              },
              .next_page = &RowStream::on_next_page};
}

drv_status RowStream::on_next_page(void *data, drv_str token) noexcept {
    return stream_of(data).add([&](auto &to) { to.text(wire::Tag::next_page, token); });
}

template <typename Write>
drv_status RowStream::add(const Write &write) noexcept {
    if (stopped_.load(std::memory_order_relaxed))
        return DRV_E_STOPPED;
    try {
        const std::lock_guard lock(mutex_);
        if (is_gone_)
            return DRV_E_STOPPED;
        if (!problem_.empty())
            return DRV_E_INTERNAL;
        const std::size_t before = frame_.size();
        write(frame_);
        if (const std::size_t bytes = frame_.size() - before; bytes > kMaxRowBytes) {
            frame_.rewind(before);
            problem_ = fmt::format("a record of {} bytes cannot leave the driver's process (at most {})",
                                   bytes, kMaxRowBytes);
            return DRV_E_INTERNAL;
        }
        return frame_.size() < kBatchBytes || flush() ? DRV_OK : DRV_E_STOPPED;
    } catch (...) { // out of memory
        return DRV_E_INTERNAL;
    }
}

bool RowStream::flush() {
    is_gone_ = is_gone_ || !wire::send_all(fd_, frame_.finish());
    frame_.begin(wire::Kind::rows, call_);
    return !is_gone_;
}

void RowStream::progress(unsigned permille, std::string_view stage) {
    wire::FrameWriter frame;
    frame.begin(wire::Kind::progress, call_);
    frame.number(wire::Tag::permille, permille);
    frame.text(wire::Tag::stage, stage);
    const std::lock_guard lock(mutex_);
    is_gone_ = is_gone_ || !wire::send_all(fd_, frame.finish());
}

bool RowStream::log(LogLevel level, std::string_view message) {
    wire::FrameWriter frame;
    frame.begin(wire::Kind::log, call_);
    frame.number(wire::Tag::level, static_cast<std::uint64_t>(level));
    frame.text(wire::Tag::message, message);
    const std::lock_guard lock(mutex_);
    is_gone_ = is_gone_ || !wire::send_all(fd_, frame.finish());
    return !is_gone_;
}

bool RowStream::finish(wire::Outcome outcome) {
    const std::lock_guard lock(mutex_);
    if (!problem_.empty()) {
        outcome.status = outcome.failure_code = DRV_E_INTERNAL;
        outcome.failure = Error{.code = Code::internal, .message = problem_};
    }
    wire::write_outcome(frame_, outcome);
    frame_.become(wire::Kind::result);
    return !is_gone_ && wire::send_all(fd_, frame_.finish());
}

} // namespace drover::host
