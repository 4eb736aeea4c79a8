// The tables of the ABI's extensions over a RemoteInstance, as remote_ops.cpp has the core ops.
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
#include "loader/isolated/remote_calls.hpp"

#include <array>
#include <string_view>

namespace drover {
namespace {

using wire::FrameWriter;
using wire::Tag;
using wire::WireOp;

drv_status snapshot_create(drv_instance *self, const drv_call *call, const drv_snapshot_req *request,
                           const drv_volume_sink *sink) {
    return run_remote(self, WireOp::snapshot_create, call, {.volumes = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

// The listings of one volume's snapshots.
template <WireOp op>
drv_status list_of(drv_instance *self, const drv_call *call, drv_str volume_id, const drv_list_req *request,
                   const drv_volume_sink *sink) {
    return run_remote(self, op, call, {.volumes = sink}, [&](FrameWriter &to) {
        to.text(Tag::source_id, volume_id);
        wire::write_arguments(to, *request);
    });
}

template <WireOp op>
drv_status clone(drv_instance *self, const drv_call *call, drv_str source_id, const drv_create_req *request,
                 const drv_volume_sink *sink) {
    return run_remote(self, op, call, {.volumes = sink}, [&](FrameWriter &to) {
        to.text(Tag::source_id, source_id);
        wire::write_arguments(to, *request);
    });
}

drv_status extend(drv_instance *self, const drv_call *call, drv_str id, uint64_t bytes, uint64_t flags,
                  const drv_volume_sink *sink) {
    return run_remote(self, WireOp::extend, call, {.volumes = sink}, [&](FrameWriter &to) {
        to.text(Tag::id, id);
        to.number(Tag::bytes, bytes);
        to.number(Tag::flags, flags);
    });
}

drv_status profiles(drv_instance *self, const drv_call *call, const drv_profile_sink *sink) {
    return run_remote(self, WireOp::profiles, call, {.profiles = sink}, [](FrameWriter &) {});
}

template <WireOp op>
drv_status change_group(drv_instance *self, const drv_call *call, const drv_group_req *request,
                        const drv_group_sink *sink) {
    return run_remote(self, op, call, {.groups = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status group_get(drv_instance *self, const drv_call *call, drv_str id, const drv_group_sink *sink) {
    return run_remote(self, WireOp::group_get, call, {.groups = sink},
                      [&](FrameWriter &to) { to.text(Tag::id, id); });
}

drv_status group_list(drv_instance *self, const drv_call *call, const drv_list_req *request,
                      const drv_group_sink *sink) {
    return run_remote(self, WireOp::group_list, call, {.groups = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status group_snapshot(drv_instance *self, const drv_call *call, const drv_group_snapshot_req *request,
                          const drv_group_sink *sink) {
    return run_remote(self, WireOp::group_snapshot, call, {.groups = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status group_snapshot_list(drv_instance *self, const drv_call *call, drv_str group_id,
                               const drv_list_req *request, const drv_group_sink *sink) {
    return run_remote(self, WireOp::group_snapshot_list, call, {.groups = sink}, [&](FrameWriter &to) {
        to.text(Tag::source_id, group_id);
        wire::write_arguments(to, *request);
    });
}

drv_status list_unmanaged(drv_instance *self, const drv_call *call, const drv_list_req *request,
                          const drv_volume_sink *sink) {
    return run_remote(self, WireOp::list_unmanaged, call, {.volumes = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

template <WireOp op>
drv_status adopt(drv_instance *self, const drv_call *call, const drv_adopt_req *request,
                 const drv_volume_sink *sink) {
    return run_remote(self, op, call, {.volumes = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

// Release and fence: an id, flags, and volumes that come back.
template <WireOp op>
drv_status let_go(drv_instance *self, const drv_call *call, drv_str id, uint64_t flags,
                  const drv_volume_sink *sink) {
    return run_remote(self, op, call, {.volumes = sink}, [&](FrameWriter &to) {
        to.text(Tag::id, id);
        to.number(Tag::flags, flags);
    });
}

drv_status retype(drv_instance *self, const drv_call *call, const drv_retype_req *request,
                  const drv_volume_sink *sink) {
    return run_remote(self, WireOp::retype, call, {.volumes = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status volume_stats(drv_instance *self, const drv_call *call, drv_str id, const drv_stats_sink *sink) {
    return run_remote(self, WireOp::volume_stats, call, {.stats = sink},
                      [&](FrameWriter &to) { to.text(Tag::id, id); });
}

drv_status list_stats(drv_instance *self, const drv_call *call, const drv_list_req *request,
                      const drv_stats_sink *sink) {
    return run_remote(self, WireOp::list_stats, call, {.stats = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status pool_stats(drv_instance *self, const drv_call *call, const drv_stats_sink *sink) {
    return run_remote(self, WireOp::pool_stats, call, {.stats = sink}, [](FrameWriter &) {});
}

drv_status qos_supported(drv_instance *self, const drv_call *call, uint64_t *limits) {
    return run_remote(self, WireOp::qos_supported, call, {.supported_limits = limits}, [](FrameWriter &) {});
}

drv_status qos_get(drv_instance *self, const drv_call *call, drv_str id, drv_qos *out) {
    return run_remote(self, WireOp::qos_get, call, {.limits = out},
                      [&](FrameWriter &to) { to.text(Tag::id, id); });
}

drv_status qos_set(drv_instance *self, const drv_call *call, drv_str id, const drv_qos *limits) {
    return run_remote(self, WireOp::qos_set, call, {}, [&](FrameWriter &to) {
        to.text(Tag::id, id);
        wire::write_arguments(to, *limits);
    });
}

drv_status qos_clear(drv_instance *self, const drv_call *call, drv_str id) {
    return run_remote(self, WireOp::qos_clear, call, {}, [&](FrameWriter &to) { to.text(Tag::id, id); });
}

constexpr drv_snapshot_v1 kSnapshot = {.struct_size = sizeof kSnapshot,
                                       .reserved = 0,
                                       .create = &snapshot_create,
                                       .destroy = &change_remote<WireOp::snapshot_destroy>,
                                       .list = &list_of<WireOp::snapshot_list>,
                                       .get = &look_up_remote<WireOp::snapshot_get>,
                                       .clone = &clone<WireOp::snapshot_clone>,
                                       .revert = &change_remote<WireOp::snapshot_revert>};
constexpr drv_clone_v1 kClone = {.struct_size = sizeof kClone, .reserved = 0, .clone = &clone<WireOp::clone>};
constexpr drv_extend_v1 kExtend = {.struct_size = sizeof kExtend, .reserved = 0, .extend = &extend};
constexpr drv_profiles_v1 kProfiles = {.struct_size = sizeof kProfiles, .reserved = 0, .list = &profiles};
constexpr drv_group_v1 kGroup = {.struct_size = sizeof kGroup,
                                 .reserved = 0,
                                 .create = &change_group<WireOp::group_create>,
                                 .update = &change_group<WireOp::group_update>,
                                 .destroy = &change_remote<WireOp::group_destroy>,
                                 .get = &group_get,
                                 .list = &group_list,
                                 .snapshot = &group_snapshot,
                                 .snapshot_destroy = &change_remote<WireOp::group_snapshot_destroy>,
                                 .snapshot_list = &group_snapshot_list};
constexpr drv_manage_v1 kManage = {.struct_size = sizeof kManage,
                                   .reserved = 0,
                                   .list_unmanaged = &list_unmanaged,
                                   .adopt = &adopt<WireOp::adopt>,
                                   .release = &let_go<WireOp::release>,
                                   .list_unmanaged_snapshots = &list_of<WireOp::list_unmanaged_snapshots>,
                                   .adopt_snapshot = &adopt<WireOp::adopt_snapshot>,
                                   .release_snapshot = &let_go<WireOp::release_snapshot>};
constexpr drv_retype_v1 kRetype = {.struct_size = sizeof kRetype, .reserved = 0, .retype = &retype};
constexpr drv_stats_v1 kStats = {.struct_size = sizeof kStats,
                                 .reserved = 0,
                                 .volume = &volume_stats,
                                 .volumes = &list_stats,
                                 .pools = &pool_stats};
constexpr drv_qos_v1 kQos = {.struct_size = sizeof kQos,
                             .reserved = 0,
                             .supported = &qos_supported,
                             .get = &qos_get,
                             .set = &qos_set,
                             .clear = &qos_clear};
constexpr drv_fence_v1 kFence = {
    .struct_size = sizeof kFence, .reserved = 0, .fence = &let_go<WireOp::fence>};

struct Extension {
    std::string_view id;
    const void *table;
};
constexpr std::array kExtensions = {
    Extension{DRV_EXT_SNAPSHOT, &kSnapshot}, Extension{DRV_EXT_CLONE, &kClone},
    Extension{DRV_EXT_EXTEND, &kExtend},     Extension{DRV_EXT_PROFILES, &kProfiles},
    Extension{DRV_EXT_GROUP, &kGroup},       Extension{DRV_EXT_MANAGE, &kManage},
    Extension{DRV_EXT_RETYPE, &kRetype},     Extension{DRV_EXT_STATS, &kStats},
    Extension{DRV_EXT_QOS, &kQos},           Extension{DRV_EXT_FENCE, &kFence}};

} // namespace

const void *remote_extension_table(std::string_view id) noexcept {
    for (const Extension &extension : kExtensions) {
        if (extension.id == id)
            return extension.table;
    }
    return nullptr;
}

} // namespace drover
