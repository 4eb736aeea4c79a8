// The extension tables of one open driver, asked for once after open and kept. A table that is too short or
// has an empty mandatory slot counts as not offered, with a warning.
#pragma once

#include "drover/abi/driver.h"
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/profiles.h"
#include "drover/ext/snapshot.h"
#include "loader/host_bridge.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

// The ids of this ABI's extensions, in a fixed order.
std::vector<std::string_view> known_extensions();

class ExtensionCache {
public:
    // Asks `driver.extension` for every id of this ABI.
    ExtensionCache(const drv_driver_v1 &driver, drv_instance *instance, HostBridge &log);

    [[nodiscard]] bool offers(std::string_view id) const noexcept;
    [[nodiscard]] std::vector<std::string> offered() const;

    // NULL when not offered.
    [[nodiscard]] const drv_snapshot_v1 *snapshot() const noexcept;
    [[nodiscard]] const drv_clone_v1 *clone() const noexcept;
    [[nodiscard]] const drv_extend_v1 *extend() const noexcept;
    [[nodiscard]] const drv_profiles_v1 *profiles() const noexcept;

private:
    static constexpr std::size_t kCount = 10;
    std::array<const void *, kCount> tables_{};
};

} // namespace drover
