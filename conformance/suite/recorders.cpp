#include "conformance/suite/recorders.hpp"

#include "loader/driver_text.hpp"
#include "loader/records.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr std::size_t kMaxTokenBytes = 65536;
constexpr std::size_t kMaxRows = 1'000'000; // a listing that never ends is told from a long one

void breach(Answer &answer, std::string text) {
    if (answer.breaches.size() < 16)
        answer.breaches.push_back(std::move(text));
}

// What the sinks have in common: a row after the sink said stop, after the last page, or without end.
template <typename Rows>
bool may_take(Answer &answer, const Rows &rows) {
    if (answer.was_stopped) {
        breach(answer, "emitted another row after the sink had answered DRV_E_STOPPED");
    } else if (!answer.tokens.empty()) {
        breach(answer, "emitted a row after next_page, which must come last");
    } else if (rows.size() >= kMaxRows) {
        breach(answer, fmt::format("emitted more than {} rows", kMaxRows));
    } else {
        return true;
    }
    return false;
}

template <typename Rows>
drv_status after_row(Answer &answer, const Rows &rows, std::size_t stop_after) {
    if (rows.size() < stop_after)
        return DRV_OK;
    answer.was_stopped = true;
    return DRV_E_STOPPED;
}

} // namespace

VolumeRecorder::VolumeRecorder(Answer &answer, std::size_t stop_after) noexcept
    : answer_(answer), stop_after_(stop_after) {
    table_.struct_size = sizeof table_;
    table_.data = this;
    table_.emit = &VolumeRecorder::on_emit;
    table_.next_page = &VolumeRecorder::on_next_page;
}

drv_status VolumeRecorder::on_emit(void *data, const drv_volume *volume) noexcept {
    auto &self = *static_cast<VolumeRecorder *>(data);
    const std::lock_guard lock(self.mutex_);
    Answer &answer = self.answer_;
    if (!may_take(answer, answer.volumes))
        return DRV_E_STOPPED;
    BackendVolume row;
    if (const auto problem = copy_volume(volume, row)) {
        breach(answer, "emitted " + *problem);
        return DRV_E_INTERNAL;
    }
    answer.volumes.push_back(std::move(row));
    return after_row(answer, answer.volumes, self.stop_after_);
}

drv_status VolumeRecorder::on_next_page(void *data, drv_str token) noexcept {
    auto &self = *static_cast<VolumeRecorder *>(data);
    const std::lock_guard lock(self.mutex_);
    Answer &answer = self.answer_;
    if (answer.was_stopped) {
        breach(answer, "called next_page after the sink had answered DRV_E_STOPPED");
    } else if (!answer.tokens.empty()) {
        breach(answer, "called next_page twice");
    } else if (const auto problem = problem_with(token, kMaxTokenBytes)) {
        breach(answer, "gave a page token that " + *problem);
    } else if (token.len == 0) {
        breach(answer, "gave an empty page token, which would start the listing again");
    } else {
        answer.tokens.emplace_back(view_of(token));
        return DRV_OK;
    }
    return DRV_E_INTERNAL;
}

ConnectionRecorder::ConnectionRecorder(Answer &answer) noexcept : answer_(answer) {
    table_.struct_size = sizeof table_;
    table_.data = this;
    table_.emit = &ConnectionRecorder::on_emit;
}

drv_status ConnectionRecorder::on_emit(void *data, const drv_connection *connection) noexcept {
    auto &self = *static_cast<ConnectionRecorder *>(data);
    const std::lock_guard lock(self.mutex_);
    Connection row;
    bool known = true;
    if (const auto problem = copy_connection(connection, row, &known)) {
        breach(self.answer_, "emitted " + *problem);
        return DRV_E_INTERNAL;
    }
    if (!known) {
        breach(self.answer_, fmt::format("emitted a connection with protocol {}, which ABI 1.0 does not have",
                                         connection->protocol));
        return DRV_OK;
    }
    self.answer_.connections.push_back(std::move(row));
    return DRV_OK;
}

ProfileRecorder::ProfileRecorder(Answer &answer, std::size_t stop_after) noexcept
    : answer_(answer), stop_after_(stop_after) {
    table_.struct_size = sizeof table_;
    table_.data = this;
    table_.emit = &ProfileRecorder::on_emit;
}

drv_status ProfileRecorder::on_emit(void *data, const drv_profile *profile) noexcept {
    auto &self = *static_cast<ProfileRecorder *>(data);
    const std::lock_guard lock(self.mutex_);
    Answer &answer = self.answer_;
    if (!may_take(answer, answer.profiles))
        return DRV_E_STOPPED;
    Profile row;
    if (const auto problem = copy_profile(profile, row)) {
        breach(answer, "emitted " + *problem);
        return DRV_E_INTERNAL;
    }
    answer.profiles.push_back(std::move(row));
    return after_row(answer, answer.profiles, self.stop_after_);
}

} // namespace drover::conformance
