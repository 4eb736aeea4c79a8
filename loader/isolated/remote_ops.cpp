// The ABI's core table over a RemoteInstance: each op writes its arguments and says where its rows go.
#include "loader/driver_text.hpp"
#include "loader/isolated/remote_calls.hpp"

#include <string_view>

namespace drover {
namespace {

using wire::FrameWriter;
using wire::WireOp;

drv_status probe(drv_instance *self, const drv_call *call) {
    return run_remote(self, WireOp::probe, call, {}, [](FrameWriter &) {});
}

drv_status capabilities(drv_instance *self, const drv_call *call, drv_caps *caps) {
    return run_remote(self, WireOp::capabilities, call, {.capabilities = caps}, [](FrameWriter &) {});
}

drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *request,
                  const drv_volume_sink *sink) {
    return run_remote(self, WireOp::create, call, {.volumes = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

template <WireOp op>
drv_status connect(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                   const drv_connection_sink *sink) {
    return run_remote(self, op, call, {.connections = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request) {
    return run_remote(self, WireOp::detach, call, {},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

drv_status list(drv_instance *self, const drv_call *call, const drv_list_req *request,
                const drv_volume_sink *sink) {
    return run_remote(self, WireOp::list, call, {.volumes = sink},
                      [&](FrameWriter &to) { wire::write_arguments(to, *request); });
}

constexpr drv_ops_v1 kOps = {.struct_size = sizeof kOps,
                             .reserved = 0,
                             .probe = &probe,
                             .capabilities = &capabilities,
                             .create = &create,
                             .destroy = &change_remote<WireOp::destroy>,
                             .attach = &connect<WireOp::attach>,
                             .detach = &detach,
                             .list = &list,
                             .get = &look_up_remote<WireOp::get>,
                             .resolve = &connect<WireOp::resolve>};

void close(drv_instance *self) {
    const std::unique_ptr<RemoteInstance> instance(&RemoteInstance::of(self));
    instance->close();
}

const void *extension(drv_instance *self, drv_str id) {
    const std::string_view wanted = view_of(id);
    return RemoteInstance::of(self).offers(wanted) ? remote_extension_table(wanted) : nullptr;
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
