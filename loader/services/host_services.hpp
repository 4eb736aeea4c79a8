// The services that a driver may ask its host for (drover/ext/store.h, exec.h, timer.h), for one open
// backend. A driver in a process of its own has them there, from the HostBridge of that process, and not over
// the wire: its programs end with it and have what rights it has, its timers call without a round trip, and
// the store's files are made for several processes anyway.
#pragma once

#include "loader/services/store.hpp"
#include "loader/services/timers.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace drover {

class HostServices {
public:
    // Without a folder there is no store.
    explicit HostServices(const std::filesystem::path &store_folder) {
        if (!store_folder.empty())
            store_.emplace(store_folder);
    }

    // The service's table, or NULL.
    [[nodiscard]] const void *find(std::string_view id) const noexcept;

    // For the tables: only where find() gave that service.
    [[nodiscard]] const DriverStore &store() const noexcept { return *store_; }
    [[nodiscard]] DriverTimers &timers() noexcept { return timers_; }

private:
    std::optional<DriverStore> store_;
    DriverTimers timers_;
};

} // namespace drover
