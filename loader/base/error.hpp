// The one error type of the host side, and Result<T>, which functions that can fail for a caller's sake
// return. A code never travels without a sentence: what failed, on what, why, and what to do about it.
#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace drover {

// The same words as DRV_E_* in drover/abi/types.h; loader/status.hpp maps between them.
enum class Code {
    internal,
    invalid,
    unsupported,
    not_found,
    exists,
    conflict,
    no_space,
    auth,
    unreachable,
    deadline,
    cancelled,
    gone,
};

// "not-found" and the like, as the API and --json print it.
std::string_view to_string(Code code) noexcept;

struct Error {
    Code code = Code::internal;
    std::string message;                     // one line for people; never a secret
    std::string vendor_code;                 // as the backend printed it
    bool retryable = false;                  // the same request may work later
    bool state_unknown = false;              // it may have happened: look before acting again
    std::chrono::nanoseconds retry_after{0}; // 0: no advice

    // The same error with "context: " before its message.
    [[nodiscard]] Error with_context(std::string_view context) &&;
    [[nodiscard]] Error with_context(std::string_view context) const &;
};

template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Code code, std::string message) {
    return tl::unexpected<Error>(Error{.code = code, .message = std::move(message)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}
// A retryable failure.
[[nodiscard]] inline tl::unexpected<Error> fail_retryable(Code code, std::string message) {
    return tl::unexpected<Error>(Error{.code = code, .message = std::move(message), .retryable = true});
}
// "<what>: <strerror(error_number)>", with the code that fits the errno (ENOSPC no_space, EBUSY conflict,
// ...).
[[nodiscard]] tl::unexpected<Error> fail_errno(int error_number, std::string_view what);

} // namespace drover
