#include "loader/host/served_driver.hpp"

#include "loader/host_text.hpp"
#include "loader/invoke.hpp"
#include "loader/wire/rows.hpp"

#include <mutex>

namespace drover::host {
namespace {

using wire::WireOp;

} // namespace

drv_status ServedDriver::refuse(const drv_call *call, drv_status code, const std::string &message) {
    drv_failure failure{};
    failure.struct_size = sizeof failure;
    failure.code = code;
    failure.message = borrow(message);
    failure.vendor_code = {"", 0};
    return call->ops->fail(call, &failure);
}

drv_status ServedDriver::run(const wire::CallArguments &arguments, std::string_view fields, CallBridge &call,
                             RowStream &rows) {
    if (arguments.op() == WireOp::open || arguments.op() == WireOp::close) {
        const std::unique_lock lock(mutex_);
        return arguments.op() == WireOp::open ? open(fields, call, rows) : close();
    }
    const std::shared_lock lock(mutex_);
    if (instance_ == nullptr)
        return refuse(call.get(), DRV_E_INTERNAL, "the backend is not open in the driver's process");
    return run_op(arguments, call.get(), rows);
}

drv_status ServedDriver::open(std::string_view fields, CallBridge &call, RowStream &rows) {
    wire::OpenArguments arguments;
    if (instance_ != nullptr || !wire::read_open(fields, arguments))
        return refuse(call.get(), DRV_E_INTERNAL, "the driver's process cannot read what it is to open");
    auto host =
        std::make_unique<HostBridge>(control_,
                                     HostBridge::Identity{.backend = std::move(arguments.backend),
                                                          .agent_version = std::move(arguments.agent_version),
                                                          .node_id = std::move(arguments.node_id),
                                                          .store_folder = std::move(arguments.store_folder)},
                                     std::move(arguments.settings), library_->description().config_keys);
    drv_instance *instance = nullptr;
    const drv_status status = invoke(library_->descriptor().open, host->get(), call.get(), &instance);
    if (status != DRV_OK)
        return status;
    if (instance == nullptr) {
        return refuse(call.get(), DRV_E_INTERNAL, "driver bug: open answered OK without giving an instance");
    }
    host_ = std::move(host);
    instance_ = instance;
    host_->services().timers().start();
    extensions_.emplace(library_->descriptor(), instance_, *host_);
    for (const std::string &id : extensions_->offered())
        rows.frame().text(wire::Tag::extension, std::string_view(id));
    return DRV_OK;
}

drv_status ServedDriver::close() {
    if (host_)
        host_->services().timers().stop();
    if (instance_ != nullptr)
        invoke(library_->descriptor().close, std::exchange(instance_, nullptr));
    extensions_.reset();
    host_.reset();
    return DRV_OK;
}

drv_status ServedDriver::run_op(const wire::CallArguments &arguments, const drv_call *call, RowStream &rows) {
    const drv_ops_v1 &ops = *library_->descriptor().ops;
    switch (arguments.op()) {
    case WireOp::probe:
        return invoke(ops.probe, instance_, call);
    case WireOp::capabilities: {
        drv_caps caps{};
        caps.struct_size = sizeof caps;
        const drv_status status = invoke(ops.capabilities, instance_, call, &caps);
        if (status == DRV_OK)
            wire::write_capabilities(rows.frame(), caps);
        return status;
    }
    case WireOp::create: {
        const drv_create_req request = arguments.create();
        return invoke(ops.create, instance_, call, &request, rows.volumes());
    }
    case WireOp::destroy:
        return invoke(ops.destroy, instance_, call, arguments.id(), arguments.flags());
    case WireOp::attach: {
        const drv_attach_req request = arguments.attach();
        return invoke(ops.attach, instance_, call, &request, rows.connections());
    }
    case WireOp::detach: {
        const drv_attach_req request = arguments.attach();
        return invoke(ops.detach, instance_, call, &request);
    }
    case WireOp::resolve: {
        const drv_attach_req request = arguments.attach();
        return invoke(ops.resolve, instance_, call, &request, rows.connections());
    }
    case WireOp::get:
        return invoke(ops.get, instance_, call, arguments.id(), rows.volumes());
    case WireOp::list: {
        const drv_list_req request = arguments.list();
        return invoke(ops.list, instance_, call, &request, rows.volumes());
    }
    default:
        return run_extension(arguments, call, rows);
    }
}

} // namespace drover::host
