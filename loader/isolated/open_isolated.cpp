#include "loader/call_bridge.hpp"
#include "loader/in_process.hpp"
#include "loader/isolated/isolated_library.hpp"
#include "loader/settings_check.hpp"

#include <fmt/format.h>

#include <system_error>

namespace drover {

std::filesystem::path IsolationOptions::beside_this_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "drover-driver-host";
}

Result<std::shared_ptr<IsolatedLibrary>> load_isolated(std::filesystem::path file, IsolationOptions options,
                                                       const CallContext &call) {
    auto process = DriverProcess::start(options, file, call.deadline);
    if (!process)
        return fail(std::move(process).error());
    return std::make_shared<IsolatedLibrary>(std::move(file), std::move(options), std::move(*process));
}

const DriverDescription &description(const IsolatedLibrary &library) noexcept {
    return library.description();
}

Result<std::unique_ptr<Driver>> open_isolated(const std::shared_ptr<IsolatedLibrary> &library,
                                              OpenRequest request, Host &host, const CallContext &call) {
    if (auto checked = check_settings(library->description(), request.backend, request.settings); !checked)
        return fail(std::move(checked).error());
    auto bridge =
        std::make_unique<HostBridge>(host,
                                     HostBridge::Identity{.backend = std::move(request.backend),
                                                          .agent_version = std::move(request.agent_version),
                                                          .node_id = std::move(request.node_id)},
                                     std::move(request.settings), library->description().config_keys);
    auto instance = library->make_instance(request.store_folder);
    CallBridge opening(call, "open");
    if (auto opened = opening.result(instance->open(bridge->get(), opening.get())); !opened)
        return fail(bridge->masked(std::move(opened).error()));
    auto table = DriverLibrary::of_table(remote_driver_table(), library->description());
    return std::make_unique<InProcessDriver>(std::move(table), std::move(bridge),
                                             instance.release()->as_instance(),
                                             std::move(request.volume_locks));
}

} // namespace drover
