#include "loader/call_bridge.hpp"

#include "loader/driver_text.hpp"
#include "loader/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sys/epoll.h>
#include <sys/timerfd.h>

namespace drover {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{100};

CallBridge &bridge_of(const drv_call *call) noexcept {
    return *static_cast<CallBridge *>(call->host_data);
}

UniqueFd timer_at(Deadline deadline) {
    UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer)
        return timer;
    // All zeros would disarm it; a deadline in the past must fire at once.
    const auto since_boot =
        std::max(std::chrono::nanoseconds(1), std::chrono::nanoseconds(deadline.when().time_since_epoch()));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (since_boot - seconds).count();
    if (::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0)
        timer.reset();
    return timer;
}

bool watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

} // namespace

const drv_call_ops CallBridge::kOps = {
    .struct_size = sizeof(drv_call_ops),
    .reserved = 0,
    .fail = &CallBridge::on_fail,
    .cancelled = &CallBridge::on_cancelled,
    .cancel_fd = &CallBridge::on_cancel_fd,
    .progress = &CallBridge::on_progress,
};

CallBridge::CallBridge(const CallContext &context, std::string_view op) noexcept
    : context_(context), op_(op), request_id_(context.request_id) {
    call_.struct_size = sizeof call_;
    call_.deadline_ns = context.deadline.abi_ns();
    call_.request_id = request_id_.get();
    call_.ops = &kOps;
    call_.host_data = this;
}

drv_status CallBridge::on_fail(const drv_call *call, const drv_failure *failure) noexcept {
    try {
        CallBridge &self = bridge_of(call);
        Error error;
        drv_status code = DRV_E_INTERNAL;
        if (failure == nullptr || !DRV_HAS(failure, drv_failure, vendor_code)) {
            error.message =
                fmt::format("driver bug: {} reported a failure without a usable record", self.op_);
        } else {
            code = failure->code;
            error = Error{.code = code_of(code),
                          .message = one_line(failure->message),
                          .vendor_code = one_line(failure->vendor_code, 256),
                          .retryable = (failure->flags & DRV_FAIL_RETRYABLE) != 0,
                          .state_unknown = (failure->flags & DRV_FAIL_STATE_UNKNOWN) != 0,
                          .retry_after =
                              std::chrono::nanoseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(
                                  failure->retry_after_ns, std::numeric_limits<std::int64_t>::max())))};
        }
        const std::lock_guard lock(self.mutex_);
        self.failure_ = std::move(error);
        self.failure_code_ = code;
        // A driver that passes this on must not be taken for one that succeeded.
        return code == DRV_OK ? DRV_E_INTERNAL : code;
    } catch (...) { // out of memory: the returned code still travels
        return DRV_E_INTERNAL;
    }
}

std::uint32_t CallBridge::on_cancelled(const drv_call *call) noexcept {
    const CallContext &context = bridge_of(call).context_;
    return (context.cancel != nullptr && context.cancel->is_cancelled()) || context.deadline.has_passed() ? 1
                                                                                                          : 0;
}

std::int32_t CallBridge::on_cancel_fd(const drv_call *call) noexcept {
    CallBridge &self = bridge_of(call);
    const std::lock_guard lock(self.mutex_);
    if (!self.cancel_fd_made_) {
        self.cancel_fd_ = self.make_cancel_fd();
        self.cancel_fd_made_ = true;
    }
    return self.cancel_fd_;
}

// Two things can end a call, the source and the clock. An epoll descriptor is readable when one of its
// members is, so it stands for both. Without descriptors left the answer is -1, and the driver polls
// `cancelled`.
int CallBridge::make_cancel_fd() {
    const int source = context_.cancel != nullptr ? context_.cancel->fd() : -1;
    if (context_.cancel != nullptr && source < 0)
        return -1;
    if (context_.deadline.is_never())
        return source;
    timer_ = timer_at(context_.deadline);
    if (!timer_ || source < 0)
        return timer_.get();
    either_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!either_ || !watch(either_.get(), source) || !watch(either_.get(), timer_.get()))
        either_.reset();
    return either_.get();
}

void CallBridge::on_progress(const drv_call *call, std::uint32_t permille, drv_str stage) noexcept {
    try {
        CallBridge &self = bridge_of(call);
        const std::lock_guard lock(self.progress_mutex_);
        self.has_progress_.store(true, std::memory_order_release);
        ++self.progress_calls_;
        self.permille_ = std::min(permille, 1000U);
        self.stage_ = one_line(stage, 256);
        self.held_back_ = true;
        const auto now = std::chrono::steady_clock::now();
        if (self.progress_calls_ == 1 || now - self.delivered_at_ >= kProgressInterval)
            self.deliver_progress(now);
    } catch (...) { // a lost progress line must not end the op
    }
}

void CallBridge::deliver_progress(std::chrono::steady_clock::time_point now) {
    delivered_at_ = now;
    held_back_ = false;
    if (context_.progress != nullptr && *context_.progress)
        (*context_.progress)(permille_, stage_);
}

void CallBridge::finish() noexcept {
    // The op has returned, so nobody reports progress any more.
    if (!has_progress_.load(std::memory_order_acquire))
        return;
    try {
        const std::lock_guard lock(progress_mutex_);
        if (held_back_)
            deliver_progress(std::chrono::steady_clock::now());
    } catch (...) { // as above
    }
}

Error CallBridge::error(drv_status returned) const {
    Error error = last_failure().value_or(Error{});
    error.code = code_of(returned);
    if (returned == DRV_E_STOPPED) {
        error.message =
            fmt::format("driver bug: {} answered \"stopped\", but nobody had asked it to stop", op_);
    } else if (error.message.empty()) {
        error.message = fmt::format("{}: {} (the driver gave no details", op_, general_text(error.code));
        if (status_of(error.code) != returned)
            error.message += fmt::format("; it returned {}, which is no known code", returned);
        error.message += ')';
    }
    return error;
}

Result<void> CallBridge::result(drv_status returned) {
    finish();
    if (returned == DRV_OK)
        return {};
    return fail(error(returned));
}

std::optional<Error> CallBridge::last_failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

std::optional<drv_status> CallBridge::last_failure_code() const {
    const std::lock_guard lock(mutex_);
    return failure_ ? std::optional(failure_code_) : std::nullopt;
}

std::uint64_t CallBridge::progress_calls() const {
    const std::lock_guard lock(progress_mutex_);
    return progress_calls_;
}

unsigned CallBridge::last_permille() const {
    const std::lock_guard lock(progress_mutex_);
    return permille_;
}

std::string CallBridge::last_stage() const {
    const std::lock_guard lock(progress_mutex_);
    return stage_;
}

} // namespace drover
