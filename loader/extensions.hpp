// The extension tables of one open driver, asked for once after open and kept. A table that is too short or
// has an empty mandatory slot counts as not offered, with a warning.
#pragma once

#include "drover/abi/driver.h"
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/fence.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/profiles.h"
#include "drover/ext/qos.h"
#include "drover/ext/retype.h"
#include "drover/ext/snapshot.h"
#include "drover/ext/stats.h"
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
    [[nodiscard]] const drv_group_v1 *group() const noexcept;
    [[nodiscard]] const drv_manage_v1 *manage() const noexcept;
    [[nodiscard]] const drv_retype_v1 *retype() const noexcept;
    [[nodiscard]] const drv_stats_v1 *stats() const noexcept;
    [[nodiscard]] const drv_qos_v1 *qos() const noexcept;
    [[nodiscard]] const drv_fence_v1 *fence() const noexcept;

private:
    static constexpr std::size_t kCount = 10;
    std::array<const void *, kCount> tables_{};
};

} // namespace drover
