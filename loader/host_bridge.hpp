// The host's side of one open backend as the ABI wants it: a drv_host_v1 over a Host and the backend's
// settings. Lives from before `open` until `close` has returned. Every function of the table may run on any
// thread, and none holds a lock while the driver's code runs.
#pragma once

#include "drover/abi/host.h"
#include "loader/base/error.hpp"
#include "loader/driver.hpp"
#include "loader/host.hpp"
#include "loader/services/host_services.hpp"

#include <string>
#include <vector>

namespace drover {

class HostBridge {
public:
    struct Identity {
        std::string backend; // its name in agent.yml
        std::string agent_version;
        std::string node_id;
        std::filesystem::path store_folder = {}; // of drv.store/1; empty: that service is not offered
    };

    // `host` must outlive the bridge. `declared` are the driver's keys: `config` and `secret` answer
    // DRV_E_INVALID for any other. A declared key without a value gets its fallback.
    HostBridge(Host &host, Identity identity, BackendSettings settings, std::vector<ConfigKey> declared);
    ~HostBridge(); // wipes the secrets
    HostBridge(const HostBridge &) = delete;
    HostBridge &operator=(const HostBridge &) = delete;

    [[nodiscard]] const drv_host_v1 *get() const noexcept { return &table_; }
    // The bridge behind such a table.
    [[nodiscard]] static HostBridge &of(const drv_host_v1 *host) noexcept {
        return *static_cast<HostBridge *>(host->host_data);
    }
    // What the driver finds by `service`. Whoever opens the driver starts the timers once that worked, and
    // stops them before it closes it.
    [[nodiscard]] HostServices &services() noexcept { return services_; }
    [[nodiscard]] const std::string &backend() const noexcept { return identity_.backend; }

    // Logs a line under the backend's name; secrets in it are masked.
    void log(LogLevel level, std::string_view message) noexcept;
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept { return host_.log_enabled(level); }
    // The text with every occurrence of a secret's value (of 4 bytes or more) replaced by "***".
    [[nodiscard]] std::string masked(std::string_view text) const;
    [[nodiscard]] Error masked(Error error) const;

private:
    static void on_log(const drv_host_v1 *self, std::int32_t level, drv_str message) noexcept;
    static std::uint32_t on_log_enabled(const drv_host_v1 *self, std::int32_t level) noexcept;
    static std::uint64_t on_now_ns(const drv_host_v1 *self) noexcept;
    static drv_status on_config(const drv_host_v1 *self, drv_str key, drv_str *value) noexcept;
    static drv_status on_secret(const drv_host_v1 *self, drv_str key, void *data,
                                void (*use)(void *data, drv_str value)) noexcept;
    static const void *on_service(const drv_host_v1 *self, drv_str id) noexcept;

    [[nodiscard]] const ConfigKey *declared(drv_str key) const noexcept;

    Host &host_;
    Identity identity_;
    BackendSettings settings_;
    std::vector<ConfigKey> declared_;
    HostServices services_;
    drv_host_v1 table_{};
};

} // namespace drover
