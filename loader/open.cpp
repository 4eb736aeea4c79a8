#include "loader/open.hpp"

#include "loader/call_bridge.hpp"
#include "loader/in_process.hpp"
#include "loader/invoke.hpp"
#include "loader/settings_check.hpp"
#include "loader/sinks.hpp"

namespace drover {

std::shared_ptr<NamedLocks> make_volume_locks() {
    return std::make_shared<NamedLocks>("volume");
}

Result<std::unique_ptr<Driver>> open_in_process(std::shared_ptr<DriverLibrary> library, OpenRequest request,
                                                Host &host, const CallContext &call) {
    if (auto checked = check_settings(library->description(), request.backend, request.settings); !checked)
        return fail(std::move(checked).error());
    auto bridge =
        std::make_unique<HostBridge>(host,
                                     HostBridge::Identity{.backend = std::move(request.backend),
                                                          .agent_version = std::move(request.agent_version),
                                                          .node_id = std::move(request.node_id),
                                                          .store_folder = std::move(request.store_folder)},
                                     std::move(request.settings), library->description().config_keys);
    CallBridge opening(call, "open");
    drv_instance *instance = nullptr;
    const drv_status status = invoke(library->descriptor().open, bridge->get(), opening.get(), &instance);
    if (auto opened = opening.result(status); !opened)
        return fail(bridge->masked(std::move(opened).error()));
    if (instance == nullptr)
        return fail(driver_bug("open", "answered OK without giving an instance"));
    return std::make_unique<InProcessDriver>(std::move(library), std::move(bridge), instance,
                                             std::move(request.volume_locks));
}

} // namespace drover
