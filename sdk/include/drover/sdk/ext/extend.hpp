// drv.extend/1 as a method. What it must do is at its slot in drover/ext/extend.h.
#pragma once

#include "drover/ext/extend.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <cstdint>
#include <string_view>

namespace drv {

template <class T>
concept Extends = requires(T &driver, Call &call, std::string_view id, std::uint64_t bytes) {
    { driver.extend(call, id, bytes) } -> std::convertible_to<Volume>;
};

namespace detail {

template <class T>
concept MentionsExtend = requires {
    &T::extend;
};

template <class T>
struct ExtendTable {
    static drv_status extend(drv_instance *self, const drv_call *raw, drv_str id, std::uint64_t bytes,
                             std::uint64_t flags, const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            return driver.extend(call, check_id("id", id), bytes);
        });
    }
    static constexpr drv_extend_v1 kTable = {
        .struct_size = sizeof(drv_extend_v1), .reserved = 0, .extend = &extend};
};

} // namespace detail
} // namespace drv
