// The sinks a driver emits into, and the verdict on what it did with them. Each lives on the caller's stack
// for one op. A driver may emit from any thread that works for the call, so each sink takes its rows in turn.
// What breaks the contract ends the op and becomes an error of Code::internal, whatever the op returns.
#pragma once

#include "loader/call_bridge.hpp"
#include "loader/driver.hpp"
#include "loader/records.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace drover {

Error driver_bug(std::string_view op, std::string_view what);

// For ops that emit one volume, once.
class OneVolumeSink {
public:
    OneVolumeSink() noexcept;
    OneVolumeSink(const OneVolumeSink &) = delete;
    OneVolumeSink &operator=(const OneVolumeSink &) = delete;
    [[nodiscard]] const drv_volume_sink *get() const noexcept { return &table_; }
    // After the op: the volume, which must carry this id.
    Result<BackendVolume> take(CallBridge &call, drv_status returned, std::string_view id);

private:
    static drv_status on_emit(void *data, const drv_volume *volume) noexcept;
    static drv_status on_next_page(void *data, drv_str token) noexcept;

    drv_volume_sink table_{};
    std::mutex mutex_;
    unsigned emitted_ = 0;
    BackendVolume volume_;
    RecordProblem bug_;
};

class ConnectionSink {
public:
    ConnectionSink() noexcept;
    ConnectionSink(const ConnectionSink &) = delete;
    ConnectionSink &operator=(const ConnectionSink &) = delete;
    [[nodiscard]] const drv_connection_sink *get() const noexcept { return &table_; }
    Result<Connection> take(CallBridge &call, drv_status returned);

private:
    static drv_status on_emit(void *data, const drv_connection *connection) noexcept;

    drv_connection_sink table_{};
    std::mutex mutex_;
    unsigned emitted_ = 0;
    std::optional<std::uint32_t> unknown_protocol_;
    Connection connection_;
    RecordProblem bug_;
};

// One page of a listing, row by row to the visitor.
class PageSink {
public:
    // Both must outlive the sink.
    PageSink(const Driver::Visitor &visit, const PageRequest &page) noexcept;
    PageSink(const PageSink &) = delete;
    PageSink &operator=(const PageSink &) = delete;
    [[nodiscard]] const drv_volume_sink *get() const noexcept { return &table_; }
    // After the op: the next page's token.
    Result<std::optional<std::string>> take(CallBridge &call, drv_status returned);

private:
    static drv_status on_emit(void *data, const drv_volume *volume) noexcept;
    static drv_status on_next_page(void *data, drv_str token) noexcept;

    drv_volume_sink table_{};
    const Driver::Visitor &visit_;
    const PageRequest &page_;
    std::mutex mutex_;
    bool stopped_ = false;
    std::optional<std::string> token_;
    RecordProblem bug_;
    RecordProblem visitor_failure_;
};

class ProfileSink {
public:
    ProfileSink() noexcept;
    ProfileSink(const ProfileSink &) = delete;
    ProfileSink &operator=(const ProfileSink &) = delete;
    [[nodiscard]] const drv_profile_sink *get() const noexcept { return &table_; }
    Result<std::vector<Profile>> take(CallBridge &call, drv_status returned);

private:
    static drv_status on_emit(void *data, const drv_profile *profile) noexcept;

    drv_profile_sink table_{};
    std::mutex mutex_;
    std::vector<Profile> profiles_;
    RecordProblem bug_;
};

} // namespace drover
