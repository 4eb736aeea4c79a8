// drv.retype/1 as a method. What it must do is at its slot in drover/ext/retype.h.
#pragma once

#include "drover/ext/retype.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <string_view>

namespace drv {

struct RetypeRequest {
    std::string_view id{};
    std::string_view profile{}, pool{}; // empty: keep what it has
    bool may_migrate = false;           // data may be copied
};

template <class T>
concept Retypes = requires(T &driver, Call &call, const RetypeRequest &request) {
    { driver.retype(call, request) } -> std::convertible_to<Volume>;
};

namespace detail {

template <class T>
concept MentionsRetype = requires {
    &T::retype;
};

inline RetypeRequest read(const drv_retype_req *given) {
    const auto &raw = check_struct("the request", given, DRV_SIZE_WITH(drv_retype_req, pool));
    check_flags(raw.flags, DRV_RETYPE_MAY_MIGRATE);
    return {.id = check_id("id", raw.id),
            .profile = check_name("profile", raw.profile),
            .pool = check_name("pool", raw.pool),
            .may_migrate = (raw.flags & DRV_RETYPE_MAY_MIGRATE) != 0};
}

template <class T>
struct RetypeTable {
    static drv_status retype(drv_instance *self, const drv_call *raw, const drv_retype_req *request,
                             const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.retype(call, read(request));
        });
    }
    static constexpr drv_retype_v1 kTable = {
        .struct_size = sizeof(drv_retype_v1), .reserved = 0, .retype = &retype};
};

} // namespace detail
} // namespace drv
