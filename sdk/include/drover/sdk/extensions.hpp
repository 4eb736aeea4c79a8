// Which extensions a driver class offers: those whose methods it has, found by concept. The methods of each
// are listed in drover/sdk/ext/, one file per extension of drover/ext/. A class that has some methods of an
// extension but not all, or one with another signature, does not compile.
//
// Two more methods are optional:
//   bool offers(std::string_view extension_id) const;    // false hides an extension the backend cannot do
//                                                        // (a licence, an old firmware); fixed after open
//   const void *extension(std::string_view id) const;    // the vendor's own extensions, "com.acme.x/1"
#pragma once

#include "drover/sdk/ext/clone.hpp"
#include "drover/sdk/ext/extend.hpp"
#include "drover/sdk/ext/fence.hpp"
#include "drover/sdk/ext/group.hpp"
#include "drover/sdk/ext/manage.hpp"
#include "drover/sdk/ext/profiles.hpp"
#include "drover/sdk/ext/qos.hpp"
#include "drover/sdk/ext/retype.hpp"
#include "drover/sdk/ext/snapshot.hpp"
#include "drover/sdk/ext/stats.hpp"

#include <string_view>

namespace drv::detail {

template <class T>
concept ChoosesExtensions = requires(const T &driver, std::string_view id) {
    { driver.offers(id) } -> std::convertible_to<bool>;
};
template <class T>
concept HasVendorExtensions = requires(const T &driver, std::string_view id) {
    { driver.extension(id) } -> std::convertible_to<const void *>;
};

// The table for exactly this id, or NULL.
template <class T>
const void *find_extension(const T &driver, std::string_view id) noexcept {
    static_assert(Snapshots<T> || !MentionsSnapshots<T>,
                  "drv.snapshot/1 is incomplete: see ext/snapshot.hpp");
    static_assert(Groups<T> || !MentionsGroups<T>, "drv.group/1 is incomplete: see ext/group.hpp");
    static_assert(Manages<T> || !MentionsManage<T>, "drv.manage/1 is incomplete: see ext/manage.hpp");
    static_assert(CountsStats<T> || !MentionsStats<T>, "drv.stats/1 is incomplete: see ext/stats.hpp");
    static_assert(LimitsQos<T> || !MentionsQos<T>, "drv.qos/1 is incomplete: see ext/qos.hpp");
    static_assert(Clones<T> || !MentionsClone<T>, "clone has another signature than in ext/clone.hpp");
    static_assert(Extends<T> || !MentionsExtend<T>, "extend has another signature than in ext/extend.hpp");
    static_assert(HasProfiles<T> || !MentionsProfiles<T>,
                  "profiles has another signature than in ext/profiles.hpp");
    static_assert(Retypes<T> || !MentionsRetype<T>, "retype has another signature than in ext/retype.hpp");
    static_assert(Fences<T> || !MentionsFence<T>, "fence has another signature than in ext/fence.hpp");
    try {
        if constexpr (ChoosesExtensions<T>) {
            if (!driver.offers(id))
                return nullptr;
        }
        if constexpr (Snapshots<T>) {
            if (id == DRV_EXT_SNAPSHOT)
                return &SnapshotTable<T>::kTable;
        }
        if constexpr (Clones<T>) {
            if (id == DRV_EXT_CLONE)
                return &CloneTable<T>::kTable;
        }
        if constexpr (Extends<T>) {
            if (id == DRV_EXT_EXTEND)
                return &ExtendTable<T>::kTable;
        }
        if constexpr (HasProfiles<T>) {
            if (id == DRV_EXT_PROFILES)
                return &ProfilesTable<T>::kTable;
        }
        if constexpr (Groups<T>) {
            if (id == DRV_EXT_GROUP)
                return &GroupTable<T>::kTable;
        }
        if constexpr (Manages<T>) {
            if (id == DRV_EXT_MANAGE)
                return &ManageTable<T>::kTable;
        }
        if constexpr (Retypes<T>) {
            if (id == DRV_EXT_RETYPE)
                return &RetypeTable<T>::kTable;
        }
        if constexpr (CountsStats<T>) {
            if (id == DRV_EXT_STATS)
                return &StatsTable<T>::kTable;
        }
        if constexpr (LimitsQos<T>) {
            if (id == DRV_EXT_QOS)
                return &QosTable<T>::kTable;
        }
        if constexpr (Fences<T>) {
            if (id == DRV_EXT_FENCE)
                return &FenceTable<T>::kTable;
        }
        if constexpr (HasVendorExtensions<T>) {
            // The drv. namespace is the ABI's: an id there that is none of the above does not exist.
            if (!id.starts_with("drv."))
                return driver.extension(id);
        }
    } catch (...) { // of the driver's own two methods: then it offers nothing
    }
    return nullptr;
}

} // namespace drv::detail
