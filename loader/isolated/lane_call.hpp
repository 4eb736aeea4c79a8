// One call over a lane, on the caller's thread: sends it, hands the rows to the caller's sinks as they come,
// passes on a cancellation, and ends the process of a driver that does not answer in time.
#pragma once

#include "drover/abi/volume.h"
#include "drover/ext/group.h"
#include "drover/ext/profiles.h"
#include "drover/ext/qos.h"
#include "drover/ext/stats.h"
#include "loader/isolated/driver_process.hpp"
#include "loader/wire/rows.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace drover {

// Where the rows of a call go; what is NULL is not wanted.
struct RowTargets {
    const drv_volume_sink *volumes = nullptr;
    const drv_connection_sink *connections = nullptr;
    const drv_profile_sink *profiles = nullptr;
    const drv_group_sink *groups = nullptr;
    const drv_stats_sink *stats = nullptr;
    drv_caps *capabilities = nullptr;
    drv_qos *limits = nullptr;
    std::uint64_t *supported_limits = nullptr;
    std::vector<std::string> *extensions = nullptr; // of open
};

class LaneCall {
public:
    // All must outlive it. The call's frame is in the lane's writer. `waits` says when the call is cancelled;
    // it may be another than the one that the answer is for. A call that has not ended `grace` after its
    // deadline, or after it was cancelled, costs the process.
    LaneCall(DriverProcess &process, Lane &lane, const drv_call *call, const drv_call *waits,
             RowTargets targets, std::chrono::nanoseconds grace) noexcept
        : process_(process), lane_(lane), call_(call), waits_(waits), targets_(targets), grace_(grace) {}
    LaneCall(const LaneCall &) = delete;
    LaneCall &operator=(const LaneCall &) = delete;

    // Nothing when there is no answer any more: the process is dead or dying, and the lane is of no more use.
    std::optional<wire::Outcome> run();
    // Did the child get any of the call?
    [[nodiscard]] bool was_sent() const noexcept { return was_sent_; }

private:
    enum class Took { more, done, nonsense };
    bool send();
    bool wait(short events);
    void give_up_soon();
    std::optional<wire::Outcome> ended();
    Took take(const wire::Frame &frame);
    bool take_row(const wire::Field &field);
    template <auto Read, typename Sink>
    bool take_row(const wire::Field &field, const Sink *sink);
    template <typename Sink>
    bool take_page(const wire::Field &field, const Sink *sink);
    void note(drv_status status);

    DriverProcess &process_;
    Lane &lane_;
    const drv_call *call_;
    const drv_call *waits_;
    RowTargets targets_;
    std::chrono::nanoseconds grace_;
    wire::RowReader rows_;
    wire::OutcomeReader outcome_;
    bool was_sent_ = false;
    drv_status stopped_by_ = DRV_OK; // what a sink answered that wants no more
    std::optional<Deadline> kill_at_;
};

} // namespace drover
