// drv.fence/1 as a method. What it must do is at its slot in drover/ext/fence.h.
#pragma once

#include "drover/ext/fence.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <string_view>

namespace drv {

template <class T>
concept Fences = requires(T &driver, Call &call, std::string_view node_id, VolumeSink &sink) {
    driver.fence(call, node_id, sink); // never this node's own id: the SDK refuses it
};

namespace detail {

template <class T>
concept MentionsFence = requires {
    &T::fence;
};

template <class T>
struct FenceTable {
    static drv_status fence(drv_instance *self, const drv_call *raw, drv_str node_id, std::uint64_t flags,
                            const drv_volume_sink *sink) noexcept {
        return run_many<T, VolumeSink>(
            self, raw, Effect::changes, sink, [&](T &driver, Call &call, VolumeSink &out) {
                check_flags(flags, 0);
                const std::string_view node = check_id("node_id", node_id);
                if (node == instance_of<T>(self).host.node_id())
                    throw invalid("node_id", "is this node; a node cannot fence itself");
                driver.fence(call, node, out);
            });
    }
    static constexpr drv_fence_v1 kTable = {
        .struct_size = sizeof(drv_fence_v1), .reserved = 0, .fence = &fence};
};

} // namespace detail
} // namespace drv
