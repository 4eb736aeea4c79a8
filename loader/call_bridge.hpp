// One driver call as the ABI wants it: builds a drv_call over a CallContext and keeps what the driver said
// during the call (its last failure, its progress). One object per call, on the caller's stack; it must live
// until the op has returned. It does not call drivers itself.
#pragma once

#include "drover/abi/call.h"
#include "loader/base/error.hpp"
#include "loader/base/unique_fd.hpp"
#include "loader/call_context.hpp"
#include "loader/host_text.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace drover {

class CallBridge {
public:
    // `context` must outlive the bridge. `op` names the call in errors ("create"); it must outlive the bridge
    // too, a literal is meant.
    CallBridge(const CallContext &context, std::string_view op) noexcept;
    CallBridge(const CallBridge &) = delete;
    CallBridge &operator=(const CallBridge &) = delete;

    // What to hand to the driver.
    [[nodiscard]] const drv_call *get() const noexcept { return &call_; }
    [[nodiscard]] std::string_view op() const noexcept { return op_; }

    // ---- After the op returned. ----

    // Delivers the last progress line if it was held back for the rate. Called by result() as well.
    void finish() noexcept;

    // The Error for what the op returned. The returned code counts; text, vendor code and flags are those of
    // the driver's last fail(), or the code's general text when it gave none. An unknown code reads as
    // internal; DRV_E_STOPPED, which only an op whose sink asked for it may return, as a driver bug. Must not
    // be called with DRV_OK.
    [[nodiscard]] Error error(drv_status returned) const;
    // Nothing for DRV_OK (also when fail was called before), else error(returned).
    [[nodiscard]] Result<void> result(drv_status returned);

    // What the last fail() said, its text made one line of valid UTF-8; nothing when it was not called.
    [[nodiscard]] std::optional<Error> last_failure() const;
    // The code fail() was last called with, as the driver wrote it.
    [[nodiscard]] std::optional<drv_status> last_failure_code() const;
    // How often progress was called (before thinning), and the last values seen.
    [[nodiscard]] std::uint64_t progress_calls() const;
    [[nodiscard]] unsigned last_permille() const;
    [[nodiscard]] std::string last_stage() const;

private:
    static drv_status on_fail(const drv_call *call, const drv_failure *failure) noexcept;
    static std::uint32_t on_cancelled(const drv_call *call) noexcept;
    static std::int32_t on_cancel_fd(const drv_call *call) noexcept;
    static void on_progress(const drv_call *call, std::uint32_t permille, drv_str stage) noexcept;
    static const drv_call_ops kOps;

    int make_cancel_fd();
    void deliver_progress(std::chrono::steady_clock::time_point now);

    const CallContext &context_;
    std::string_view op_;
    HostText request_id_;
    drv_call call_{};

    mutable std::mutex mutex_; // guards the failure and the descriptors
    std::optional<Error> failure_;
    drv_status failure_code_ = DRV_OK;
    bool cancel_fd_made_ = false;
    int cancel_fd_ = -1;
    UniqueFd timer_;
    UniqueFd either_;

    mutable std::mutex progress_mutex_; // also keeps the listener's calls in order
    std::atomic<bool> has_progress_ = false;
    std::uint64_t progress_calls_ = 0;
    unsigned permille_ = 0;
    std::string stage_;
    bool held_back_ = false;
    std::chrono::steady_clock::time_point delivered_at_{};
};

} // namespace drover
