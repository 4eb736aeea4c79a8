#include "loader/sinks.hpp"

#include "loader/driver_text.hpp"
#include "loader/fenced.hpp"

#include <fmt/format.h>

namespace drover {
namespace {

constexpr std::size_t kMaxTokenBytes = 65536;
constexpr std::size_t kMaxProfiles = 4096;

} // namespace

Error driver_bug(std::string_view op, std::string_view what) {
    return Error{.code = Code::internal, .message = fmt::format("driver bug: {} {}", op, what)};
}

OneVolumeSink::OneVolumeSink() noexcept {
    table_ = {.struct_size = sizeof table_,
              .reserved = 0,
              .data = this,
              .emit = &OneVolumeSink::on_emit,
              .next_page = &OneVolumeSink::on_next_page};
}

drv_status OneVolumeSink::on_emit(void *data, const drv_volume *volume) noexcept {
    auto &self = *static_cast<OneVolumeSink *>(data);
    const std::lock_guard lock(self.mutex_);
    return fenced(self.bug_, [&]() -> drv_status {
        if (self.bug_)
            return DRV_E_INTERNAL;
        if (++self.emitted_ > 1) {
            self.bug_ = "emitted more than one volume";
        } else if (auto problem = copy_volume(volume, self.volume_)) {
            self.bug_ = "emitted " + *problem;
        }
        return self.bug_ ? DRV_E_INTERNAL : DRV_OK;
    });
}

drv_status OneVolumeSink::on_next_page(void *data, drv_str /*token*/) noexcept {
    auto &self = *static_cast<OneVolumeSink *>(data);
    const std::lock_guard lock(self.mutex_);
    return fenced(self.bug_, [&]() -> drv_status {
        self.bug_ = "gave a page token, but is no listing";
        return DRV_E_INTERNAL;
    });
}

Result<BackendVolume> OneVolumeSink::take(CallBridge &call, drv_status returned, std::string_view id) {
    if (bug_)
        return fail(driver_bug(call.op(), *bug_));
    if (auto result = call.result(returned); !result)
        return fail(std::move(result).error());
    if (emitted_ == 0)
        return fail(driver_bug(call.op(), "answered OK without emitting the volume"));
    if (volume_.id != id) {
        return fail(driver_bug(call.op(), fmt::format("was asked about \"{}\" and emitted \"{}\"",
                                                      one_line(id, kMaxIdBytes),
                                                      one_line(std::string_view(volume_.id), kMaxIdBytes))));
    }
    return std::move(volume_);
}

ConnectionSink::ConnectionSink() noexcept {
    table_ = {.struct_size = sizeof table_, .reserved = 0, .data = this, .emit = &ConnectionSink::on_emit};
}

drv_status ConnectionSink::on_emit(void *data, const drv_connection *connection) noexcept {
    auto &self = *static_cast<ConnectionSink *>(data);
    const std::lock_guard lock(self.mutex_);
    return fenced(self.bug_, [&]() -> drv_status {
        if (self.bug_)
            return DRV_E_INTERNAL;
        Connection copy;
        bool known = false;
        if (auto problem = copy_connection(connection, copy, &known)) {
            self.bug_ = "emitted " + *problem;
        } else if (!known) {
            self.unknown_protocol_ = connection->protocol; // of a newer minor: skipped
        } else if (++self.emitted_ > 1) {
            self.bug_ = "emitted more than one connection";
        } else {
            self.connection_ = std::move(copy);
        }
        return self.bug_ ? DRV_E_INTERNAL : DRV_OK;
    });
}

Result<Connection> ConnectionSink::take(CallBridge &call, drv_status returned) {
    if (bug_)
        return fail(driver_bug(call.op(), *bug_));
    if (auto result = call.result(returned); !result)
        return fail(std::move(result).error());
    if (emitted_ == 0 && unknown_protocol_) {
        return fail(
            Code::unsupported,
            fmt::format("{}: the driver connects by protocol number {}, which this agent does not know; "
                        "an agent as new as the driver is needed",
                        call.op(), *unknown_protocol_));
    }
    if (emitted_ == 0)
        return fail(driver_bug(call.op(), "answered OK without emitting the connection"));
    return std::move(connection_);
}

PageSink::PageSink(const Driver::Visitor &visit, const PageRequest &page) noexcept
    : visit_(visit), page_(page) {
    table_ = {.struct_size = sizeof table_,
              .reserved = 0,
              .data = this,
              .emit = &PageSink::on_emit,
              .next_page = &PageSink::on_next_page};
}

drv_status PageSink::on_emit(void *data, const drv_volume *volume) noexcept {
    auto &self = *static_cast<PageSink *>(data);
    const std::lock_guard lock(self.mutex_);
    if (self.bug_ || self.visitor_failure_)
        return DRV_E_INTERNAL;
    if (self.stopped_)
        return DRV_E_STOPPED;
    return fenced(self.visitor_failure_, [&]() -> drv_status {
        BackendVolume row;
        if (self.token_) {
            self.bug_ = "emitted a row after the page token";
        } else if (auto problem = copy_volume(volume, row)) {
            self.bug_ = "emitted " + *problem;
        }
        if (self.bug_)
            return DRV_E_INTERNAL;
        self.stopped_ = !self.visit_(std::move(row));
        return self.stopped_ ? DRV_E_STOPPED : DRV_OK;
    });
}

drv_status PageSink::on_next_page(void *data, drv_str token) noexcept {
    auto &self = *static_cast<PageSink *>(data);
    const std::lock_guard lock(self.mutex_);
    if (self.stopped_)
        return DRV_E_STOPPED;
    return fenced(self.bug_, [&]() -> drv_status {
        if (self.bug_)
            return DRV_E_INTERNAL;
        if (self.token_) {
            self.bug_ = "gave more than one page token";
        } else if (auto problem = problem_with(token, kMaxTokenBytes)) {
            self.bug_ = "gave a page token that " + *problem;
        } else if (token.len == 0) {
            self.bug_ = "gave an empty page token";
        } else if (view_of(token) == self.page_.token) {
            self.bug_ = "gave the page's own token as that of the next page";
        } else {
            self.token_.emplace(view_of(token));
        }
        return self.bug_ ? DRV_E_INTERNAL : DRV_OK;
    });
}

Result<std::optional<std::string>> PageSink::take(CallBridge &call, drv_status returned) {
    if (visitor_failure_) {
        return fail(Code::internal,
                    fmt::format("{}: a row could not be taken: {}", call.op(), *visitor_failure_));
    }
    if (bug_)
        return fail(driver_bug(call.op(), *bug_));
    if (stopped_) { // whatever it answered: the visitor has what it wanted
        call.finish();
        return std::nullopt;
    }
    if (auto result = call.result(returned); !result)
        return fail(std::move(result).error());
    return std::move(token_);
}

ProfileSink::ProfileSink() noexcept {
    table_ = {.struct_size = sizeof table_, .reserved = 0, .data = this, .emit = &ProfileSink::on_emit};
}

drv_status ProfileSink::on_emit(void *data, const drv_profile *profile) noexcept {
    auto &self = *static_cast<ProfileSink *>(data);
    const std::lock_guard lock(self.mutex_);
    return fenced(self.bug_, [&]() -> drv_status {
        if (self.bug_)
            return DRV_E_INTERNAL;
        Profile row;
        if (self.profiles_.size() >= kMaxProfiles) {
            self.bug_ = fmt::format("emitted more than {} profiles", kMaxProfiles);
        } else if (auto problem = copy_profile(profile, row)) {
            self.bug_ = "emitted " + *problem;
        } else {
            self.profiles_.push_back(std::move(row));
        }
        return self.bug_ ? DRV_E_INTERNAL : DRV_OK;
    });
}

Result<std::vector<Profile>> ProfileSink::take(CallBridge &call, drv_status returned) {
    if (bug_)
        return fail(driver_bug(call.op(), *bug_));
    if (auto result = call.result(returned); !result)
        return fail(std::move(result).error());
    return std::move(profiles_);
}

} // namespace drover
