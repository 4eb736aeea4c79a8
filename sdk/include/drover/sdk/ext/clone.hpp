// drv.clone/1 as a method. What it must do is at its slot in drover/ext/clone.h.
#pragma once

#include "drover/ext/clone.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <string_view>

namespace drv {

template <class T>
concept Clones = requires(T &driver, Call &call, std::string_view source_id, const CreateRequest &create) {
    { driver.clone(call, source_id, create) } -> std::convertible_to<Volume>; // create.bytes 0: as the source
};

namespace detail {

template <class T>
concept MentionsClone = requires {
    &T::clone;
};

template <class T>
struct CloneTable {
    static drv_status clone(drv_instance *self, const drv_call *raw, drv_str source_id,
                            const drv_create_req *request, const drv_volume_sink *sink) noexcept {
        return run_one<T, VolumeSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.clone(call, check_id("source_id", source_id),
                                read(request, DRV_CLONE_INDEPENDENT, true));
        });
    }
    static constexpr drv_clone_v1 kTable = {
        .struct_size = sizeof(drv_clone_v1), .reserved = 0, .clone = &clone};
};

} // namespace detail
} // namespace drv
