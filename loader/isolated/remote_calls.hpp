// What the tables over a RemoteInstance are made of: a call with its arguments, and the ops about one id.
// Included by remote_ops.cpp and remote_extensions.cpp only.
#pragma once

#include "loader/isolated/remote_instance.hpp"

namespace drover {

template <typename Write>
drv_status run_remote(drv_instance *self, wire::WireOp op, const drv_call *call, RowTargets targets,
                      const Write &write) {
    return RemoteInstance::of(self).run(op, call, targets, write);
}

// An op about one id.
template <wire::WireOp op>
drv_status change_remote(drv_instance *self, const drv_call *call, drv_str id, uint64_t flags) {
    return run_remote(self, op, call, {}, [&](wire::FrameWriter &to) {
        to.text(wire::Tag::id, id);
        to.number(wire::Tag::flags, flags);
    });
}

template <wire::WireOp op>
drv_status look_up_remote(drv_instance *self, const drv_call *call, drv_str id, const drv_volume_sink *sink) {
    return run_remote(self, op, call, {.volumes = sink},
                      [&](wire::FrameWriter &to) { to.text(wire::Tag::id, id); });
}

// The table of an extension of this ABI; NULL for any other id.
const void *remote_extension_table(std::string_view id) noexcept;

} // namespace drover
