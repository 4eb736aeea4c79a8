// drv.snapshot/1 as methods. What each must do is at its slot in drover/ext/snapshot.h.
#pragma once

#include "drover/ext/snapshot.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <string_view>

namespace drv {

struct SnapshotRequest {
    std::string_view volume_id{};
    std::string_view snapshot_id{};
    std::string_view name{}; // may be empty
    Attributes attributes{};
};

template <class T>
concept Snapshots = requires(T &driver, Call &call, std::string_view id, const SnapshotRequest &snapshot,
                             const CreateRequest &create, const ListRequest &list, VolumeSink &sink) {
    { driver.snapshot_create(call, snapshot) } -> std::convertible_to<Volume>;
    driver.snapshot_destroy(call, id);
    driver.snapshot_list(call, id, list, sink); // id: the volume's, or empty for all
    { driver.snapshot_get(call, id) } -> std::convertible_to<Volume>;
    {
        driver.snapshot_clone(call, id, create)
        } -> std::convertible_to<Volume>; // create.bytes 0: as the snapshot
    driver.snapshot_revert(call, id);
};

namespace detail {

template <class T>
concept MentionsSnapshots = requires {
    &T::snapshot_create;
}
|| requires {
    &T::snapshot_destroy;
}
|| requires {
    &T::snapshot_list;
}
|| requires {
    &T::snapshot_get;
}
|| requires {
    &T::snapshot_clone;
}
|| requires {
    &T::snapshot_revert;
};

inline SnapshotRequest read(const drv_snapshot_req *given) {
    const auto &raw = check_struct("the request", given, DRV_SIZE_WITH(drv_snapshot_req, attr_count));
    check_flags(raw.flags, 0);
    return {.volume_id = check_id("volume_id", raw.volume_id),
            .snapshot_id = check_id("snapshot_id", raw.snapshot_id),
            .name = check_name("name", raw.name),
            .attributes = check_attributes("attrs", raw.attrs, raw.attr_count)};
}

template <class T>
struct SnapshotTable {
    static drv_status create(drv_instance *self, const drv_call *raw, const drv_snapshot_req *request,
                             const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.snapshot_create(call, read(request));
        });
    }
    static drv_status destroy(drv_instance *self, const drv_call *raw, drv_str id,
                              std::uint64_t flags) noexcept {
        return run<T>(self, raw, Effect::changes, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            driver.snapshot_destroy(call, check_id("snapshot_id", id));
        });
    }
    static drv_status list(drv_instance *self, const drv_call *raw, drv_str volume_id,
                           const drv_list_req *request, const drv_volume_sink *sink) noexcept {
        return run_many<T, VolumeSink>(
            self, raw, Effect::none, sink, [&](T &driver, Call &call, VolumeSink &out) {
                driver.snapshot_list(call, check_name("volume_id", volume_id), read(request), out);
            });
    }
    static drv_status get(drv_instance *self, const drv_call *raw, drv_str id,
                          const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::none, sink, [&](T &driver, Call &call) {
            return driver.snapshot_get(call, check_id("snapshot_id", id));
        });
    }
    static drv_status clone(drv_instance *self, const drv_call *raw, drv_str id,
                            const drv_create_req *request, const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.snapshot_clone(call, check_id("snapshot_id", id), read(request, 0, true));
        });
    }
    static drv_status revert(drv_instance *self, const drv_call *raw, drv_str id,
                             std::uint64_t flags) noexcept {
        return run<T>(self, raw, Effect::changes, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            driver.snapshot_revert(call, check_id("snapshot_id", id));
        });
    }
    static constexpr drv_snapshot_v1 kTable = {.struct_size = sizeof(drv_snapshot_v1),
                                               .reserved = 0,
                                               .create = &create,
                                               .destroy = &destroy,
                                               .list = &list,
                                               .get = &get,
                                               .clone = &clone,
                                               .revert = &revert};
};

} // namespace detail
} // namespace drv
