// The sinks of one call in the child: what the driver emits is written into frames, which go to the agent
// when they are full and with the result. The agent's own sinks judge the rows; here nothing is refused but
// what cannot be sent.
#pragma once

#include "drover/abi/volume.h"
#include "drover/ext/group.h"
#include "drover/ext/profiles.h"
#include "drover/ext/stats.h"
#include "loader/host.hpp"
#include "loader/wire/calls.hpp"

#include <atomic>
#include <mutex>
#include <string>

namespace drover::host {

class RowStream {
public:
    // `frame` is the lane's, for use again.
    RowStream(int fd, wire::FrameWriter &frame, std::uint64_t call);
    RowStream(const RowStream &) = delete;
    RowStream &operator=(const RowStream &) = delete;

    [[nodiscard]] const drv_volume_sink *volumes() const noexcept { return &volumes_; }
    [[nodiscard]] const drv_connection_sink *connections() const noexcept { return &connections_; }
    [[nodiscard]] const drv_profile_sink *profiles() const noexcept { return &profiles_; }
    [[nodiscard]] const drv_group_sink *groups() const noexcept { return &groups_; }
    [[nodiscard]] const drv_stats_sink *stats() const noexcept { return &stats_; }

    // The agent wants no more rows: emit answers DRV_E_STOPPED from now on. From any thread.
    void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
    // From any thread that works for the call.
    void progress(unsigned permille, std::string_view stage);
    // A log line of the call's own thread: it arrives before the call's result does.
    bool log(LogLevel level, std::string_view message);
    // Adds to the result's frame.
    [[nodiscard]] wire::FrameWriter &frame() noexcept { return frame_; }
    // Sends what is left and how the call ended. False: the agent is gone.
    bool finish(wire::Outcome outcome);

private:
    template <typename Write>
    drv_status add(const Write &write) noexcept;
    bool flush();
    static drv_status on_next_page(void *data, drv_str token) noexcept;

    int fd_;
    wire::FrameWriter &frame_;
    std::uint64_t call_;
    std::mutex mutex_;
    std::atomic<bool> stopped_ = false;
    bool is_gone_ = false;
    std::string problem_; // with a row that could not be sent
    drv_volume_sink volumes_{};
    drv_connection_sink connections_{};
    drv_profile_sink profiles_{};
    drv_group_sink groups_{};
    drv_stats_sink stats_{};
};

} // namespace drover::host
