#include "loader/isolated/lane_call.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace drover {
namespace {

// For a caller that gives no descriptor to wait on.
constexpr int kLookAgainMs = 20;
// A process whose lane closed has ended, and that is told in a moment; or its driver closed the lane.
constexpr std::chrono::milliseconds kEndIsTold{200};

} // namespace

std::optional<wire::Outcome> LaneCall::run() {
    if (send()) {
        wire::Frame frame;
        for (bool is_first = true;; is_first = false) {
            switch (is_first ? lane_.receiver.next_soon(lane_.fd.get(), frame)
                             : lane_.receiver.next(lane_.fd.get(), 0, frame)) {
            case wire::FrameReceiver::Got::frame:
                switch (take(frame)) {
                case Took::more:
                    continue;
                case Took::done:
                    return ended();
                case Took::nonsense:
                    process_.kill("it sent an answer that cannot be read");
                    return std::nullopt;
                }
                continue;
            case wire::FrameReceiver::Got::nothing:
                if (wait(POLLIN))
                    continue;
                return std::nullopt;
            case wire::FrameReceiver::Got::nonsense:
                process_.kill("it sent what is no message");
                return std::nullopt;
            case wire::FrameReceiver::Got::closed:
                break;
            }
            break;
        }
    }
    if (!process_.wait_for_end(kEndIsTold))
        process_.kill("it closed its connection to the agent");
    return std::nullopt;
}

// The op may have emitted all its rows, and ended well, before it could hear that none are wanted. It still
// returns what the sink answered, as it would have here.
std::optional<wire::Outcome> LaneCall::ended() {
    auto outcome = std::move(outcome_).finish();
    if (outcome && stopped_by_ != DRV_OK && (outcome->status == DRV_OK || outcome->status == DRV_E_STOPPED))
        outcome->status = stopped_by_;
    return outcome;
}

bool LaneCall::send() {
    std::span<const char> bytes = lane_.writer.finish();
    while (!bytes.empty()) {
        const ssize_t sent = ::send(lane_.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            was_sent_ = true;
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait(POLLOUT))
                return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

// Until the lane is ready, which also its end is. False: the call's time is over, and the process is being
// killed.
bool LaneCall::wait(short events) {
    while (true) {
        if (!kill_at_ && waits_->ops->cancelled(waits_) != 0)
            give_up_soon();
        const int cancelled = kill_at_ ? -1 : waits_->ops->cancel_fd(waits_);
        std::array<pollfd, 2> fds = {{{lane_.fd.get(), events, 0}, {cancelled, POLLIN, 0}}};
        const int timeout_ms = kill_at_ ? kill_at_->poll_timeout_ms() : (cancelled < 0 ? kLookAgainMs : -1);
        ::poll(fds.data(), fds.size(), timeout_ms);
        if (fds[0].revents != 0)
            return true;
        if (kill_at_ && kill_at_->has_passed()) {
            const std::chrono::duration<double> grace = grace_;
            process_.kill(fmt::format("{} did not end within {:.1f} s after its deadline or cancellation",
                                      wire::name_of(lane_.running.load(std::memory_order_relaxed)),
                                      grace.count()));
            return false;
        }
    }
}

void LaneCall::give_up_soon() {
    kill_at_ = Deadline::after(grace_);
    process_.tell(wire::Kind::cancel, lane_);
}

LaneCall::Took LaneCall::take(const wire::Frame &frame) {
    if (frame.header.kind == wire::Kind::log)
        return process_.take_log(frame.fields) ? Took::more : Took::nonsense;
    const bool is_result = frame.header.kind == wire::Kind::result;
    if (!is_result && frame.header.kind != wire::Kind::rows && frame.header.kind != wire::Kind::progress)
        return Took::more; // of a later protocol
    if (frame.header.call != lane_.last_call)
        return Took::nonsense;
    std::uint32_t permille = 0;
    drv_str stage{"", 0};
    wire::FieldReader reader(frame.fields);
    for (wire::Field field; reader.next(field);) {
        if (frame.header.kind == wire::Kind::progress) {
            if (field.tag == wire::Tag::permille)
                permille = static_cast<std::uint32_t>(field.number);
            if (field.tag == wire::Tag::stage && !field.is_unreadable)
                stage = field.text();
        } else if (!take_row(field) || (is_result && !outcome_.take(field))) {
            return Took::nonsense;
        }
    }
    if (!reader.ok())
        return Took::nonsense;
    if (frame.header.kind == wire::Kind::progress)
        call_->ops->progress(call_, permille, stage);
    return is_result ? Took::done : Took::more;
}

template <auto Read, typename Sink>
bool LaneCall::take_row(const wire::Field &field, const Sink *sink) {
    // The record's type is that of the sink's second argument.
    const auto emit = [&]<typename Row>(drv_status (*slot)(void *, const Row *)) {
        const Row *row = nullptr;
        if (!(rows_.*Read)(field, &row))
            return false;
        if (stopped_by_ == DRV_OK)
            note(slot(sink->data, row));
        return true;
    };
    return sink != nullptr && emit(sink->emit);
}

template <typename Sink>
bool LaneCall::take_page(const wire::Field &field, const Sink *sink) {
    if (stopped_by_ == DRV_OK)
        note(sink->next_page(sink->data, field.text()));
    return true;
}

// False: nonsense. Rows of a kind that the op has no sink for are the child's nonsense too.
bool LaneCall::take_row(const wire::Field &field) {
    using wire::RowReader;
    switch (field.tag) {
    case wire::Tag::volume:
        return take_row<&RowReader::volume>(field, targets_.volumes);
    case wire::Tag::connection:
        return take_row<&RowReader::connection>(field, targets_.connections);
    case wire::Tag::profile_row:
        return take_row<&RowReader::profile>(field, targets_.profiles);
    case wire::Tag::group_row:
        return take_row<&RowReader::group>(field, targets_.groups);
    case wire::Tag::stats_row:
        return take_row<&RowReader::stats>(field, targets_.stats);
    case wire::Tag::next_page:
        if (field.is_number)
            return false;
        if (targets_.volumes != nullptr)
            return take_page(field, targets_.volumes);
        if (targets_.groups != nullptr)
            return take_page(field, targets_.groups);
        return targets_.stats != nullptr && take_page(field, targets_.stats);
    case wire::Tag::capabilities:
        return targets_.capabilities != nullptr && RowReader::capabilities(field, *targets_.capabilities);
    case wire::Tag::qos_row:
        return targets_.limits != nullptr && RowReader::limits(field, *targets_.limits);
    case wire::Tag::limits:
        if (targets_.supported_limits == nullptr || !field.is_number)
            return false;
        *targets_.supported_limits = field.number;
        return true;
    case wire::Tag::extension:
        if (targets_.extensions != nullptr && !field.is_number && !field.is_unreadable)
            targets_.extensions->emplace_back(field.bytes);
        return true;
    default:
        return true;
    }
}

void LaneCall::note(drv_status status) {
    if (status == DRV_OK)
        return;
    stopped_by_ = status;
    process_.tell(wire::Kind::stop, lane_);
}

} // namespace drover
