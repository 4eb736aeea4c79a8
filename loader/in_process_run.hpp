// Everything around one call of the table, for the files that implement InProcessDriver. Private to them.
#pragma once

#include "loader/call_bridge.hpp"
#include "loader/in_process.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <utility>

namespace drover {

// Of a change that ended like this without a word from the driver nobody can tell whether it happened.
inline bool leaves_doubt(Code code) {
    return code == Code::internal || code == Code::deadline || code == Code::cancelled ||
           code == Code::unreachable || code == Code::gone;
}

template <typename T, typename Body>
Result<T> InProcessDriver::run(Op op, const CallContext &call, Subjects subjects, const Body &body) {
    metrics_.begin(op);
    using Clock = std::chrono::steady_clock;
    auto began = Clock::now();
    bool reached_driver = false;
    const auto attempt = [&]() -> Result<T> {
        NamedLocks::Guard first;
        NamedLocks::Guard second;
        NamedLocks::Guard serial;
        bool waited = false;
        const auto take = [&](NamedLocks &locks, std::string_view key,
                              NamedLocks::Guard &guard) -> std::optional<Error> {
            auto taken = locks.lock(key, name_of(op), call);
            if (!taken)
                return std::move(taken).error();
            guard.swap(*taken);
            waited = true;
            return std::nullopt;
        };
        if (subjects.second < subjects.first)
            std::swap(subjects.first, subjects.second);
        if (!subjects.first.empty() && subjects.first != subjects.second) {
            if (auto error = take(*volume_locks_, subjects.first, first))
                return fail(std::move(*error));
        }
        if (!subjects.second.empty()) {
            if (auto error = take(*volume_locks_, subjects.second, second))
                return fail(std::move(*error));
        }
        if (serial_lock_) {
            if (auto error = take(*serial_lock_, {}, serial))
                return fail(std::move(*error));
        }
        if (waited)
            began = Clock::now();
        if (call.cancel != nullptr && call.cancel->is_cancelled()) {
            return fail_retryable(Code::cancelled,
                                  fmt::format("{} did not begin: it was cancelled before", name_of(op)));
        }
        if (began >= call.deadline.when() && !call.deadline.is_never()) {
            return fail_retryable(
                Code::deadline,
                fmt::format("{} did not begin: its deadline had passed already", name_of(op)));
        }
        reached_driver = true;
        CallBridge bridge(call, name_of(op));
        Result<T> result = body(bridge);
        if (!result && is_mutating(op) && !bridge.last_failure_code() && leaves_doubt(result.error().code))
            result.error().state_unknown = true;
        return result;
    };
    // No method of a Driver throws. What can be thrown here is ours, and means that memory ran out.
    try {
        Result<T> result = attempt();
        const auto took = Clock::now() - began;
        if (!result)
            result.error() = host_->masked(std::move(result.error()));
        metrics_.end(op, result.has_value(), took);
        if (host_->log_enabled(LogLevel::debug))
            note(op, call, result ? nullptr : &result.error(), took);
        return result;
    } catch (const std::exception &error) {
        metrics_.end(op, false, Clock::now() - began);
        return fail(Error{.code = Code::internal,
                          .message = error.what(),
                          .state_unknown = reached_driver && is_mutating(op)});
    }
}

} // namespace drover
