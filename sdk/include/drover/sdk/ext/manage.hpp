// drv.manage/1 as methods. What each must do is at its slot in drover/ext/manage.h.
#pragma once

#include "drover/ext/manage.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <string_view>

namespace drv {

struct AdoptRequest {
    std::string_view backend_id{}; // which object
    std::string_view id{}, name{}; // what it gets
    std::string_view volume_id{};  // adopt_snapshot: the volume it belongs to; otherwise empty
};

template <class T>
concept Manages = requires(T &driver, Call &call, std::string_view id, const AdoptRequest &adopt,
                           const ListRequest &list, VolumeSink &sink) {
    driver.list_unmanaged(call, list, sink);
    { driver.adopt(call, adopt) } -> std::convertible_to<Volume>;
    { driver.release(call, id) } -> std::convertible_to<Volume>;
    driver.list_unmanaged_snapshots(call, id, list, sink); // id: the volume's, or empty for all
    { driver.adopt_snapshot(call, adopt) } -> std::convertible_to<Volume>;
    { driver.release_snapshot(call, id) } -> std::convertible_to<Volume>;
};

namespace detail {

template <class T>
concept MentionsManage = requires {
    &T::list_unmanaged;
}
|| requires {
    &T::adopt;
}
|| requires {
    &T::release;
}
|| requires {
    &T::list_unmanaged_snapshots;
}
|| requires {
    &T::adopt_snapshot;
}
|| requires {
    &T::release_snapshot;
};

inline AdoptRequest read(const drv_adopt_req *given, bool is_snapshot) {
    const auto &raw = check_struct("the request", given, DRV_SIZE_WITH(drv_adopt_req, volume_id));
    check_flags(raw.flags, 0);
    const std::string_view backend_id = check_text("backend_id", raw.backend_id, kMaxValueBytes);
    if (backend_id.empty())
        throw invalid("backend_id", "is empty");
    return {.backend_id = backend_id,
            .id = check_id("id", raw.id),
            .name = check_name("name", raw.name),
            .volume_id =
                is_snapshot ? check_id("volume_id", raw.volume_id) : check_name("volume_id", raw.volume_id)};
}

template <class T>
struct ManageTable {
    static drv_status list_unmanaged(drv_instance *self, const drv_call *raw, const drv_list_req *request,
                                     const drv_volume_sink *sink) noexcept {
        return run_many<T, VolumeSink>(
            self, raw, Effect::none, sink,
            [&](T &driver, Call &call, VolumeSink &out) { driver.list_unmanaged(call, read(request), out); });
    }
    static drv_status adopt(drv_instance *self, const drv_call *raw, const drv_adopt_req *request,
                            const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.adopt(call, read(request, false));
        });
    }
    static drv_status release(drv_instance *self, const drv_call *raw, drv_str id, std::uint64_t flags,
                              const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            return driver.release(call, check_id("id", id));
        });
    }
    static drv_status list_unmanaged_snapshots(drv_instance *self, const drv_call *raw, drv_str volume_id,
                                               const drv_list_req *request,
                                               const drv_volume_sink *sink) noexcept {
        return run_many<T, VolumeSink>(
            self, raw, Effect::none, sink, [&](T &driver, Call &call, VolumeSink &out) {
                driver.list_unmanaged_snapshots(call, check_name("volume_id", volume_id), read(request), out);
            });
    }
    static drv_status adopt_snapshot(drv_instance *self, const drv_call *raw, const drv_adopt_req *request,
                                     const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.adopt_snapshot(call, read(request, true));
        });
    }
    static drv_status release_snapshot(drv_instance *self, const drv_call *raw, drv_str id,
                                       std::uint64_t flags, const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            return driver.release_snapshot(call, check_id("id", id));
        });
    }
    static constexpr drv_manage_v1 kTable = {.struct_size = sizeof(drv_manage_v1),
                                             .reserved = 0,
                                             .list_unmanaged = &list_unmanaged,
                                             .adopt = &adopt,
                                             .release = &release,
                                             .list_unmanaged_snapshots = &list_unmanaged_snapshots,
                                             .adopt_snapshot = &adopt_snapshot,
                                             .release_snapshot = &release_snapshot};
};

} // namespace detail
} // namespace drv
