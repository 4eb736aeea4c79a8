#include "loader/extensions.hpp"

#include "loader/invoke.hpp"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <span>

namespace drover {
namespace {

enum Index : std::size_t {
    kSnapshot,
    kClone,
    kExtend,
    kProfiles,
    kGroup,
    kManage,
    kRetype,
    kStats,
    kQos,
    kFence
};

struct Extension {
    std::string_view id;
    std::size_t struct_size;                 // of revision 1, minor 0
    std::span<const std::string_view> slots; // all mandatory
};

// Every table is {struct_size, reserved} and then only function pointers; the assertion below holds it to
// that.
constexpr std::string_view kSnapshotSlots[] = {"create", "destroy", "list", "get", "clone", "revert"};
constexpr std::string_view kCloneSlots[] = {"clone"};
constexpr std::string_view kExtendSlots[] = {"extend"};
constexpr std::string_view kProfilesSlots[] = {"list"};
constexpr std::string_view kGroupSlots[] = {"create", "update",   "destroy",          "get",
                                            "list",   "snapshot", "snapshot_destroy", "snapshot_list"};
constexpr std::string_view kManageSlots[] = {
    "list_unmanaged", "adopt", "release", "list_unmanaged_snapshots", "adopt_snapshot", "release_snapshot"};
constexpr std::string_view kRetypeSlots[] = {"retype"};
constexpr std::string_view kStatsSlots[] = {"volume", "volumes", "pools"};
constexpr std::string_view kQosSlots[] = {"supported", "get", "set", "clear"};
constexpr std::string_view kFenceSlots[] = {"fence"};

constexpr std::array kExtensions = {
    Extension{DRV_EXT_SNAPSHOT, sizeof(drv_snapshot_v1), kSnapshotSlots},
    Extension{DRV_EXT_CLONE, sizeof(drv_clone_v1), kCloneSlots},
    Extension{DRV_EXT_EXTEND, sizeof(drv_extend_v1), kExtendSlots},
    Extension{DRV_EXT_PROFILES, sizeof(drv_profiles_v1), kProfilesSlots},
    Extension{DRV_EXT_GROUP, sizeof(drv_group_v1), kGroupSlots},
    Extension{DRV_EXT_MANAGE, sizeof(drv_manage_v1), kManageSlots},
    Extension{DRV_EXT_RETYPE, sizeof(drv_retype_v1), kRetypeSlots},
    Extension{DRV_EXT_STATS, sizeof(drv_stats_v1), kStatsSlots},
    Extension{DRV_EXT_QOS, sizeof(drv_qos_v1), kQosSlots},
    Extension{DRV_EXT_FENCE, sizeof(drv_fence_v1), kFenceSlots},
};

constexpr std::size_t kHeader = 2 * sizeof(std::uint32_t);
constexpr bool tables_are_slots() {
    for (const Extension &extension : kExtensions) {
        if (extension.struct_size != kHeader + extension.slots.size() * sizeof(void *))
            return false;
    }
    return true;
}
static_assert(tables_are_slots());

drv_str id_of(const Extension &extension) {
    return drv_str{extension.id.data(), extension.id.size()}; // a literal: terminated
}

std::optional<std::string> problem_with_table(const Extension &extension, const void *table) {
    if (reinterpret_cast<std::uintptr_t>(table) % alignof(void *) != 0)
        return "the table is not aligned";
    const auto *bytes = static_cast<const std::byte *>(table);
    std::uint32_t struct_size = 0;
    std::memcpy(&struct_size, bytes, sizeof struct_size);
    for (std::size_t i = 0; i < extension.slots.size(); ++i) {
        const std::size_t offset = kHeader + i * sizeof(void *);
        std::uintptr_t slot = 0;
        if (struct_size >= offset + sizeof(void *))
            std::memcpy(&slot, bytes + offset, sizeof slot);
        if (slot == 0) {
            return fmt::format("its mandatory slot \"{}\" is empty (struct_size {}, wanted at least {})",
                               extension.slots[i], struct_size, extension.struct_size);
        }
    }
    return std::nullopt;
}

} // namespace

std::vector<std::string_view> known_extensions() {
    std::vector<std::string_view> ids;
    ids.reserve(kExtensions.size());
    for (const Extension &extension : kExtensions)
        ids.push_back(extension.id);
    return ids;
}

ExtensionCache::ExtensionCache(const drv_driver_v1 &driver, drv_instance *instance, HostBridge &log) {
    static_assert(kExtensions.size() == kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
        const void *table = invoke(driver.extension, instance, id_of(kExtensions[i]));
        if (table == nullptr)
            continue;
        if (auto problem = problem_with_table(kExtensions[i], table)) {
            log.log(LogLevel::warn, fmt::format("the driver's extension {} is not used: {}; report it to the "
                                                "driver's author",
                                                kExtensions[i].id, *problem));
        } else {
            tables_[i] = table;
        }
    }
}

bool ExtensionCache::offers(std::string_view id) const noexcept {
    for (std::size_t i = 0; i < kCount; ++i) {
        if (kExtensions[i].id == id)
            return tables_[i] != nullptr;
    }
    return false;
}

std::vector<std::string> ExtensionCache::offered() const {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < kCount; ++i) {
        if (tables_[i] != nullptr)
            ids.emplace_back(kExtensions[i].id);
    }
    return ids;
}

const drv_snapshot_v1 *ExtensionCache::snapshot() const noexcept {
    return static_cast<const drv_snapshot_v1 *>(tables_[kSnapshot]);
}
const drv_clone_v1 *ExtensionCache::clone() const noexcept {
    return static_cast<const drv_clone_v1 *>(tables_[kClone]);
}
const drv_extend_v1 *ExtensionCache::extend() const noexcept {
    return static_cast<const drv_extend_v1 *>(tables_[kExtend]);
}
const drv_profiles_v1 *ExtensionCache::profiles() const noexcept {
    return static_cast<const drv_profiles_v1 *>(tables_[kProfiles]);
}
const drv_group_v1 *ExtensionCache::group() const noexcept {
    return static_cast<const drv_group_v1 *>(tables_[kGroup]);
}
const drv_manage_v1 *ExtensionCache::manage() const noexcept {
    return static_cast<const drv_manage_v1 *>(tables_[kManage]);
}
const drv_retype_v1 *ExtensionCache::retype() const noexcept {
    return static_cast<const drv_retype_v1 *>(tables_[kRetype]);
}
const drv_stats_v1 *ExtensionCache::stats() const noexcept {
    return static_cast<const drv_stats_v1 *>(tables_[kStats]);
}
const drv_qos_v1 *ExtensionCache::qos() const noexcept {
    return static_cast<const drv_qos_v1 *>(tables_[kQos]);
}
const drv_fence_v1 *ExtensionCache::fence() const noexcept {
    return static_cast<const drv_fence_v1 *>(tables_[kFence]);
}

} // namespace drover
