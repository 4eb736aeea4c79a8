// How driver code says that an op failed: it throws an Error, from anywhere below the op. `guard` turns it
// into the ABI's code and failure record. No exception ever leaves the driver.
#pragma once

#include "drover/abi/types.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace drv {

// The codes an op may answer; which one means what is written at each op in drover/abi/driver.h.
enum class Code : std::int32_t {
    internal = DRV_E_INTERNAL,
    invalid = DRV_E_INVALID,
    unsupported = DRV_E_UNSUPPORTED,
    not_found = DRV_E_NOT_FOUND,
    exists = DRV_E_EXISTS,
    conflict = DRV_E_CONFLICT,
    no_space = DRV_E_NO_SPACE,
    auth = DRV_E_AUTH,
    unreachable = DRV_E_UNREACHABLE,
    deadline = DRV_E_DEADLINE,
    cancelled = DRV_E_CANCELLED,
};

// The message is for people: one sentence with what failed, on what, and why; never a secret. It may be
// longer than a line, the SDK makes it one. Example:
//   throw drv::Error(drv::Code::conflict, "volume v1 is attached to node n2").retryable();
class Error : public std::exception {
public:
    Error(Code the_code, std::string the_message) : code(the_code), message(std::move(the_message)) {}

    // The same request may work later.
    Error &&retryable() && {
        flags |= DRV_FAIL_RETRYABLE;
        return std::move(*this);
    }
    // The change may have reached the backend: the host asks with get or resolve before it goes on.
    Error &&state_unknown() && {
        flags |= DRV_FAIL_STATE_UNKNOWN;
        return std::move(*this);
    }
    // The backend's own code or text for the failure, verbatim.
    Error &&with_vendor_code(std::string text) && {
        vendor_code = std::move(text);
        return std::move(*this);
    }
    // How long the host should wait before it tries again. Implies retryable.
    Error &&with_retry_after(std::chrono::nanoseconds wait) && {
        retry_after = wait;
        flags |= DRV_FAIL_RETRYABLE;
        return std::move(*this);
    }

    [[nodiscard]] const char *what() const noexcept override { return message.c_str(); }
    [[nodiscard]] bool is_retryable() const noexcept { return (flags & DRV_FAIL_RETRYABLE) != 0; }
    [[nodiscard]] bool is_state_unknown() const noexcept { return (flags & DRV_FAIL_STATE_UNKNOWN) != 0; }

    Code code;
    std::string message;
    std::string vendor_code;
    std::uint64_t flags = 0;
    std::chrono::nanoseconds retry_after{0};
};

// Thrown by a sink when the host wants no more rows, with what the host answered. Not an error, and no
// std::exception, so that a driver's own catch does not take it for one. Let it pass.
struct Stopped {
    drv_status status;
};

} // namespace drv
