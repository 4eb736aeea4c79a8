// Sinks that write down what a driver emits, and every breach of the ABI's form while it does. Each lives on
// the stack for one op. Emits may come from any thread that works for the call.
#pragma once

#include "conformance/suite/answer.hpp"
#include "drover/abi/volume.h"
#include "drover/ext/profiles.h"

#include <cstddef>
#include <limits>
#include <mutex>

namespace drover::conformance {

inline constexpr std::size_t kNeverStop = std::numeric_limits<std::size_t>::max();

class VolumeRecorder {
public:
    // `stop_after` rows the sink answers DRV_E_STOPPED. `answer` outlives the recorder.
    explicit VolumeRecorder(Answer &answer, std::size_t stop_after = kNeverStop) noexcept;
    VolumeRecorder(const VolumeRecorder &) = delete;
    VolumeRecorder &operator=(const VolumeRecorder &) = delete;
    [[nodiscard]] const drv_volume_sink *get() const noexcept { return &table_; }

private:
    static drv_status on_emit(void *data, const drv_volume *volume) noexcept;
    static drv_status on_next_page(void *data, drv_str token) noexcept;

    Answer &answer_;
    std::size_t stop_after_;
    std::mutex mutex_;
    drv_volume_sink table_{};
};

class ConnectionRecorder {
public:
    explicit ConnectionRecorder(Answer &answer) noexcept;
    ConnectionRecorder(const ConnectionRecorder &) = delete;
    ConnectionRecorder &operator=(const ConnectionRecorder &) = delete;
    [[nodiscard]] const drv_connection_sink *get() const noexcept { return &table_; }

private:
    static drv_status on_emit(void *data, const drv_connection *connection) noexcept;

    Answer &answer_;
    std::mutex mutex_;
    drv_connection_sink table_{};
};

class ProfileRecorder {
public:
    explicit ProfileRecorder(Answer &answer, std::size_t stop_after = kNeverStop) noexcept;
    ProfileRecorder(const ProfileRecorder &) = delete;
    ProfileRecorder &operator=(const ProfileRecorder &) = delete;
    [[nodiscard]] const drv_profile_sink *get() const noexcept { return &table_; }

private:
    static drv_status on_emit(void *data, const drv_profile *profile) noexcept;

    Answer &answer_;
    std::size_t stop_after_;
    std::mutex mutex_;
    drv_profile_sink table_{};
};

} // namespace drover::conformance
