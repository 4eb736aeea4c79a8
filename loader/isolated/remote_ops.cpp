// The ABI's tables over a RemoteInstance: each op writes its arguments and says where its rows go.
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/profiles.h"
#include "drover/ext/snapshot.h"
#include "loader/driver_text.hpp"
#include "loader/isolated/remote_instance.hpp"

#include <string_view>

namespace drover {
namespace {

using wire::FrameWriter;
using wire::Tag;
using wire::WireOp;

template <typename Write>
drv_status run(drv_instance *self, WireOp op, const drv_call *call, RowTargets targets, const Write &write) {
    return RemoteInstance::of(self).run(op, call, targets, write);
}

drv_status probe(drv_instance *self, const drv_call *call) {
    return run(self, WireOp::probe, call, {}, [](FrameWriter &) {});
}

drv_status capabilities(drv_instance *self, const drv_call *call, drv_caps *caps) {
    return run(self, WireOp::capabilities, call, {.capabilities = caps}, [](FrameWriter &) {});
}

drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *request,
                  const drv_volume_sink *sink) {
    return run(self, WireOp::create, call, {.volumes = sink},
               [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

// An op about one id.
template <WireOp op>
drv_status change(drv_instance *self, const drv_call *call, drv_str id, uint64_t flags) {
    return run(self, op, call, {}, [&](FrameWriter &to) {
        to.text(Tag::id, id);
        to.number(Tag::flags, flags);
    });
}

template <WireOp op>
drv_status look_up(drv_instance *self, const drv_call *call, drv_str id, const drv_volume_sink *sink) {
    return run(self, op, call, {.volumes = sink}, [&](FrameWriter &to) { to.text(Tag::id, id); });
}

template <WireOp op>
drv_status connect(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                   const drv_connection_sink *sink) {
    return run(self, op, call, {.connections = sink},
               [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request) {
    return run(self, WireOp::detach, call, {}, [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status list(drv_instance *self, const drv_call *call, const drv_list_req *request,
                const drv_volume_sink *sink) {
    return run(self, WireOp::list, call, {.volumes = sink},
               [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status snapshot_create(drv_instance *self, const drv_call *call, const drv_snapshot_req *request,
                           const drv_volume_sink *sink) {
    return run(self, WireOp::snapshot_create, call, {.volumes = sink},
               [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status snapshot_list(drv_instance *self, const drv_call *call, drv_str volume_id,
                         const drv_list_req *request, const drv_volume_sink *sink) {
    return run(self, WireOp::snapshot_list, call, {.volumes = sink}, [&](FrameWriter &to) {
        to.text(Tag::source_id, volume_id);
        wire::write_arguments(to, *request);
    });
}

template <WireOp op>
drv_status clone(drv_instance *self, const drv_call *call, drv_str source_id, const drv_create_req *request,
                 const drv_volume_sink *sink) {
    return run(self, op, call, {.volumes = sink}, [&](FrameWriter &to) {
        to.text(Tag::source_id, source_id);
        wire::write_arguments(to, *request);
    });
}

drv_status extend(drv_instance *self, const drv_call *call, drv_str id, uint64_t bytes, uint64_t flags,
                  const drv_volume_sink *sink) {
    return run(self, WireOp::extend, call, {.volumes = sink}, [&](FrameWriter &to) {
        to.text(Tag::id, id);
        to.number(Tag::bytes, bytes);
        to.number(Tag::flags, flags);
    });
}

drv_status profiles(drv_instance *self, const drv_call *call, const drv_profile_sink *sink) {
    return run(self, WireOp::profiles, call, {.profiles = sink}, [](FrameWriter &) {});
}

constexpr drv_ops_v1 kOps = {.struct_size = sizeof kOps,
                             .reserved = 0,
                             .probe = &probe,
                             .capabilities = &capabilities,
                             .create = &create,
                             .destroy = &change<WireOp::destroy>,
                             .attach = &connect<WireOp::attach>,
                             .detach = &detach,
                             .list = &list,
                             .get = &look_up<WireOp::get>,
                             .resolve = &connect<WireOp::resolve>};
constexpr drv_snapshot_v1 kSnapshot = {.struct_size = sizeof kSnapshot,
                                       .reserved = 0,
                                       .create = &snapshot_create,
                                       .destroy = &change<WireOp::snapshot_destroy>,
                                       .list = &snapshot_list,
                                       .get = &look_up<WireOp::snapshot_get>,
                                       .clone = &clone<WireOp::snapshot_clone>,
                                       .revert = &change<WireOp::snapshot_revert>};
constexpr drv_clone_v1 kClone = {.struct_size = sizeof kClone, .reserved = 0, .clone = &clone<WireOp::clone>};
constexpr drv_extend_v1 kExtend = {.struct_size = sizeof kExtend, .reserved = 0, .extend = &extend};
constexpr drv_profiles_v1 kProfiles = {.struct_size = sizeof kProfiles, .reserved = 0, .list = &profiles};

void close(drv_instance *self) {
    const std::unique_ptr<RemoteInstance> instance(&RemoteInstance::of(self));
    instance->close();
}

const void *extension(drv_instance *self, drv_str id) {
    const std::string_view wanted = view_of(id);
    if (!RemoteInstance::of(self).offers(wanted))
        return nullptr;
    if (wanted == DRV_EXT_SNAPSHOT)
        return &kSnapshot;
    if (wanted == DRV_EXT_CLONE)
        return &kClone;
    if (wanted == DRV_EXT_EXTEND)
        return &kExtend;
    if (wanted == DRV_EXT_PROFILES)
        return &kProfiles;
    return nullptr;
}

// A RemoteInstance is opened by its own open(), which knows which driver is meant.
drv_status open_nothing(const drv_host_v1 * /*host*/, const drv_call * /*call*/, drv_instance ** /*out*/) {
    return DRV_E_INTERNAL;
}

} // namespace

const drv_driver_v1 &remote_driver_table() noexcept {
    static constexpr std::string_view kName = "isolated";
    static const drv_driver_v1 table = {.struct_size = sizeof table,
                                        .abi_major = DRV_ABI_MAJOR,
                                        .abi_minor = DRV_ABI_MINOR,
                                        .flags = 0,
                                        .name = {kName.data(), kName.size()},
                                        .version = {kName.data(), kName.size()},
                                        .vendor = {kName.data(), kName.size()},
                                        .config_keys = nullptr,
                                        .config_key_count = 0,
                                        .ops = &kOps,
                                        .open = &open_nothing,
                                        .close = &close,
                                        .extension = &extension};
    return table;
}

} // namespace drover
