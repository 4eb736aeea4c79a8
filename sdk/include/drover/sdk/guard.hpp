// The fence between driver code, which throws, and the ABI, which knows codes only. `guard` is the only place
// in a driver that catches everything: no exception may cross into the host, whose C++ runtime may be
// another.
#pragma once

#include "drover/abi/call.h"
#include "drover/sdk/error.hpp"
#include "drover/sdk/text.hpp"

#include <cerrno>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

namespace drv {

// Whether the op could have changed the backend when it failed without saying so.
enum class Effect { none, changes };

namespace detail {

// True when the host handed over a call with everything minor 0 promises.
[[nodiscard]] inline bool is_complete(const drv_call *call) noexcept {
    if (call == nullptr || !DRV_HAS(call, drv_call, host_data) || call->ops == nullptr)
        return false;
    const drv_call_ops *ops = call->ops;
    return DRV_HAS(ops, drv_call_ops, progress) && ops->fail != nullptr && ops->cancelled != nullptr &&
           ops->cancel_fd != nullptr && ops->progress != nullptr;
}

[[nodiscard]] inline drv_status report(const drv_call *call, drv_status code, std::string_view message,
                                       std::uint64_t flags, std::string_view vendor_code = {},
                                       std::chrono::nanoseconds retry_after = {}) noexcept {
    const auto send = [&](std::string_view line, std::string_view vendor) {
        const drv_failure failure = {
            .struct_size = sizeof failure,
            .code = code,
            .flags = flags,
            .retry_after_ns = retry_after.count() > 0 ? static_cast<std::uint64_t>(retry_after.count()) : 0,
            .message = to_abi(line),
            .vendor_code = to_abi(vendor)};
        (void)call->ops->fail(call, &failure);
    };
    try {
        send(one_line(message), one_line(vendor_code, 256));
    } catch (...) { // no memory for a copy of the text
        send("out of memory while an error was reported", {});
    }
    return code;
}

[[nodiscard]] inline Code code_of(const std::error_code &error) noexcept {
    if (error == std::errc::no_space_on_device || error.value() == EDQUOT)
        return Code::no_space;
    if (error == std::errc::connection_refused || error == std::errc::host_unreachable ||
        error == std::errc::network_unreachable || error == std::errc::timed_out)
        return Code::unreachable;
    return Code::internal;
}

} // namespace detail

// Runs `body` and returns what the ABI wants: DRV_OK, the code of the Error thrown, what the sink answered,
// or DRV_E_INTERNAL for every other exception (with STATE_UNKNOWN when the op changes something). A
// std::system_error is mapped by its errno where that is certain. `call` must be complete.
template <class Body>
drv_status guard(const drv_call *call, Effect effect, Body &&body) noexcept {
    const std::uint64_t doubt = effect == Effect::changes ? std::uint64_t{DRV_FAIL_STATE_UNKNOWN} : 0;
    try {
        body();
        return DRV_OK;
    } catch (const Stopped &stopped) {
        return stopped.status;
    } catch (const Error &error) {
        return detail::report(call, static_cast<drv_status>(error.code), error.message, error.flags,
                              error.vendor_code, error.retry_after);
    } catch (const std::bad_alloc &) {
        return detail::report(call, DRV_E_INTERNAL, "the driver ran out of memory",
                              DRV_FAIL_RETRYABLE | doubt);
    } catch (const std::system_error &error) {
        return detail::report(call, static_cast<drv_status>(detail::code_of(error.code())), error.what(),
                              doubt);
    } catch (const std::exception &error) {
        return detail::report(call, DRV_E_INTERNAL, error.what(), doubt);
    } catch (...) {
        return detail::report(call, DRV_E_INTERNAL, "the driver threw something that is no std::exception",
                              doubt);
    }
}

} // namespace drv
