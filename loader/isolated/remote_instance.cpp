#include "loader/isolated/remote_instance.hpp"

#include "loader/call_bridge.hpp"
#include "loader/driver_text.hpp"
#include "loader/host_text.hpp"
#include "loader/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace drover {
namespace {

// What the ABI gives `close`.
constexpr std::chrono::seconds kLongestClose{10};
constexpr std::chrono::seconds kLongestExit{2};
// After a kill the kernel needs a moment to tell.
constexpr std::chrono::seconds kLongestDeath{1};

Deadline deadline_of(const drv_call *call) noexcept {
    using Clock = Deadline::Clock;
    if (call->deadline_ns > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Deadline::never();
    return Deadline::at(
        Clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(call->deadline_ns))));
}

std::filesystem::path store_in_process(const IsolationOptions &options, std::filesystem::path for_root) {
    if (!options.run_as)
        return for_root;
    return options.run_as->store_folder.empty() ? "" : kStoreInChild;
}

} // namespace

RemoteInstance::RemoteInstance(std::filesystem::path driver, IsolationOptions options,
                               std::vector<ConfigKey> keys, std::shared_ptr<DriverProcess> first,
                               std::filesystem::path store_folder)
    : driver_(std::move(driver)), options_(std::move(options)), keys_(std::move(keys)),
      store_folder_(store_in_process(options_, std::move(store_folder))), first_(std::move(first)),
      policy_({.quick_starts = options_.quick_starts,
               .first_pause = options_.first_pause,
               .longest_pause = options_.longest_pause}) {}

RemoteInstance::~RemoteInstance() {
    for (const auto &process : {first_, process_}) {
        if (process)
            process->kill("nobody needs it any more");
    }
}

drv_status RemoteInstance::open(const drv_host_v1 *host, const drv_call *call) {
    host_ = host;
    auto process = ready_process(call);
    return process ? DRV_OK : report(call, process.error());
}

void RemoteInstance::close() {
    std::shared_ptr<DriverProcess> process;
    {
        const std::lock_guard lock(mutex_);
        process.swap(process_);
    }
    if (!process)
        return;
    if (process->is_usable()) {
        const CallContext context{.deadline = Deadline::after(kLongestClose), .request_id = "close"};
        CallBridge call(context, "close");
        exchange(*process, wire::WireOp::close, call.get(), call.get(), {}, [](wire::FrameWriter &) {});
        process->finish(kLongestExit);
    } else {
        process->wait_for_end(kLongestDeath); // its last lines are worth having
    }
    // The host goes away now.
    process->log_to({});
}

bool RemoteInstance::offers(std::string_view extension) const noexcept {
    return std::find(extensions_.begin(), extensions_.end(), extension) != extensions_.end();
}

pid_t RemoteInstance::pid() {
    const std::lock_guard lock(mutex_);
    return process_ ? process_->pid() : -1;
}

Result<std::shared_ptr<DriverProcess>> RemoteInstance::ready_process(const drv_call *call) {
    std::unique_lock lock(mutex_);
    const auto is_usable = [&] { return process_ && process_->is_usable(); };
    if (is_usable())
        return process_;
    const Deadline deadline = deadline_of(call);
    const auto is_my_turn = [&] { return !is_starting_; };
    if (deadline.is_never()) {
        started_.wait(lock, is_my_turn);
    } else if (!started_.wait_until(lock, deadline.when(), is_my_turn)) {
        return fail_retryable(Code::deadline, "it did not begin: the driver's process was still starting at "
                                              "its deadline; nothing was changed");
    }
    if (is_usable()) // by somebody else's start
        return process_;
    if (process_ && !counted_failure_) {
        counted_failure_ = true;
        note_failure(Error{.message = "the driver's process " + process_->how_it_ended()});
    }
    if (const auto pause = policy_.pause_left(RestartPolicy::Clock::now()); pause.count() > 0) {
        return fail(
            Error{.code = Code::gone,
                  .message = fmt::format("the driver's process ended {} times in a row before it answered, "
                                         "the last time like this: {}; it is started again in {:.1f} s at "
                                         "the earliest",
                                         policy_.failures(), last_error_.message,
                                         std::chrono::duration<double>(pause).count()),
                  .retryable = true,
                  .retry_after = pause});
    }
    is_starting_ = true;
    lock.unlock();
    const Turn turn(*this);
    return start(call);
}

RemoteInstance::Turn::~Turn() {
    {
        const std::lock_guard lock(instance_.mutex_);
        instance_.is_starting_ = false;
    }
    instance_.started_.notify_all();
}

// By one thread at a time.
Result<std::shared_ptr<DriverProcess>> RemoteInstance::start(const drv_call *call) {
    const auto failed = [&](Error error) -> Result<std::shared_ptr<DriverProcess>> {
        const std::lock_guard lock(mutex_);
        note_failure(error);
        return fail(process_ ? std::move(error).with_context("the driver was started again")
                             : std::move(error));
    };
    std::shared_ptr<DriverProcess> process = std::exchange(first_, nullptr);
    if (!process || !process->is_usable()) {
        auto started = DriverProcess::start(options_, driver_, deadline_of(call));
        if (!started)
            return failed(std::move(started).error());
        process = std::move(*started);
    }
    process->log_to([host = host_](LogLevel level, std::string_view message) {
        host->log(host, static_cast<std::int32_t>(level), drv_str{message.data(), message.size()});
    });
    const auto arguments = std::make_shared<wire::OpenArguments>(open_arguments());
    std::vector<std::string> extensions;
    // Its failure is told to a call of our own: the caller's may be another op.
    const CallContext context{.deadline = deadline_of(call), .request_id = view_of(call->request_id)};
    CallBridge opening(context, "open");
    const drv_status status =
        exchange(*process, wire::WireOp::open, opening.get(), call, {.extensions = &extensions},
                 [&](wire::FrameWriter &to) { wire::write_open(to, *arguments); });
    for (auto &[key, value] : arguments->settings.secrets)
        ::explicit_bzero(value.data(), value.size());
    if (status != DRV_OK) {
        process->finish(kLongestExit);
        process->log_to({});
        return failed(opening.error(status));
    }
    if (extensions_.empty())
        extensions_ = std::move(extensions);
    const std::lock_guard lock(mutex_);
    if (process_)
        process_->log_to({});
    process_ = process;
    counted_failure_ = false;
    return process;
}

// With mutex_ held.
void RemoteInstance::note_failure(const Error &error) {
    policy_.failed(RestartPolicy::Clock::now());
    is_suspect_.store(true, std::memory_order_relaxed);
    last_error_ = error;
}

drv_status RemoteInstance::exchange(DriverProcess &process, wire::WireOp op, const drv_call *call,
                                    const drv_call *waits, RowTargets targets, const WriteArguments &write) {
    auto taken = process.take_lane(deadline_of(call));
    if (!taken)
        return report(call, taken.error());
    Lane &lane = **taken;
    lane.running.store(op, std::memory_order_relaxed);
    wire::begin_call(lane.writer, ++lane.last_call, op, *call, log_levels());
    write(lane.writer);
    if (lane.writer.has_unreadable() || lane.writer.size() > wire::kMaxFrameBytes) {
        process.give_back(&lane);
        return report(call, Error{.code = Code::invalid,
                                  .message = fmt::format("{}: the request is too large for the driver's "
                                                         "process ({} bytes)",
                                                         wire::name_of(op), lane.writer.size())});
    }
    LaneCall exchange(process, lane, call, waits, targets, options_.grace);
    std::optional<wire::Outcome> outcome = exchange.run();
    if (op == wire::WireOp::open)
        lane.writer.wipe();
    if (!outcome)
        return report(call, gone(process, op, exchange.was_sent()));
    process.give_back(&lane);
    if (outcome->failure) {
        const Error &error = *outcome->failure;
        drv_failure failure{};
        failure.struct_size = sizeof failure;
        failure.code = outcome->failure_code;
        failure.flags = (error.retryable ? std::uint64_t{DRV_FAIL_RETRYABLE} : 0) |
                        (error.state_unknown ? std::uint64_t{DRV_FAIL_STATE_UNKNOWN} : 0);
        failure.retry_after_ns = static_cast<std::uint64_t>(error.retry_after.count());
        failure.message = borrow(error.message);
        failure.vendor_code = borrow(error.vendor_code);
        call->ops->fail(call, &failure);
    }
    if (op != wire::WireOp::open && is_suspect_.load(std::memory_order_relaxed)) {
        const std::lock_guard lock(mutex_);
        is_suspect_.store(false, std::memory_order_relaxed);
        policy_.succeeded();
    }
    return outcome->status;
}

Error RemoteInstance::gone(DriverProcess &process, wire::WireOp op, bool was_sent) {
    process.wait_for_end(kLongestDeath);
    return Error{.code = Code::gone,
                 .message =
                     fmt::format("{}: the driver's process {}", wire::name_of(op), process.how_it_ended()),
                 .retryable = true,
                 .state_unknown = was_sent && wire::is_mutating(op)};
}

wire::LogLevels RemoteInstance::log_levels() const noexcept {
    wire::LogLevels levels = 0;
    for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
        if (host_->log_enabled(host_, static_cast<std::int32_t>(level)) != 0)
            levels |= wire::LogLevels{1} << static_cast<unsigned>(level);
    }
    return levels;
}

wire::OpenArguments RemoteInstance::open_arguments() const {
    wire::OpenArguments arguments{.agent_version = std::string(view_of(host_->agent_version)),
                                  .backend = std::string(view_of(host_->backend)),
                                  .node_id = std::string(view_of(host_->node_id)),
                                  .settings = {},
                                  .store_folder = store_folder_.native()};
    for (const ConfigKey &key : keys_) {
        drv_str value{};
        if (!key.secret && host_->config(host_, borrow(key.name), &value) == DRV_OK)
            arguments.settings.values.emplace(key.name, view_of(value));
        if (!key.secret)
            continue;
        std::string secret;
        const drv_status found = host_->secret(host_, borrow(key.name), &secret, [](void *to, drv_str text) {
            static_cast<std::string *>(to)->assign(view_of(text));
        });
        if (found == DRV_OK)
            arguments.settings.secrets.emplace(key.name, secret);
        ::explicit_bzero(secret.data(), secret.size());
    }
    return arguments;
}

drv_status RemoteInstance::report(const drv_call *call, const Error &error) noexcept {
    drv_failure failure{};
    failure.struct_size = sizeof failure;
    failure.code = status_of(error.code);
    failure.flags = (error.retryable ? std::uint64_t{DRV_FAIL_RETRYABLE} : 0) |
                    (error.state_unknown ? std::uint64_t{DRV_FAIL_STATE_UNKNOWN} : 0);
    failure.retry_after_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, error.retry_after.count()));
    failure.message = borrow(error.message);
    failure.vendor_code = borrow(error.vendor_code);
    call->ops->fail(call, &failure);
    return failure.code;
}

drv_status RemoteInstance::report_exception(const drv_call *call, wire::WireOp op) noexcept {
    // Only our own lack of memory comes here; whether the driver had begun is not known.
    static constexpr std::string_view kText = "the agent ran out of memory during the call";
    drv_failure failure{};
    failure.struct_size = sizeof failure;
    failure.code = DRV_E_INTERNAL;
    failure.flags = wire::is_mutating(op) ? std::uint64_t{DRV_FAIL_STATE_UNKNOWN} : 0;
    failure.message = {kText.data(), kText.size()};
    failure.vendor_code = {"", 0};
    return call->ops->fail(call, &failure);
}

} // namespace drover
