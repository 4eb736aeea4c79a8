#include "loader/open.hpp"

#include "loader/call_bridge.hpp"
#include "loader/in_process.hpp"
#include "loader/invoke.hpp"
#include "loader/sinks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover {
namespace {

// The configuration was checked with file and line where it was read. This is the second net: a driver must
// never see a key it did not declare, nor a secret in the open.
Result<void> check_settings(const DriverDescription &driver, const OpenRequest &request) {
    const auto refuse = [&](std::string_view key, std::string_view why) {
        return fail(Code::invalid, fmt::format("backend \"{}\": {} (driver \"{}\"): key \"{}\"",
                                               request.backend, why, driver.name, key));
    };
    const auto find = [&](std::string_view name) {
        return std::find_if(driver.config_keys.begin(), driver.config_keys.end(),
                            [&](const ConfigKey &key) { return key.name == name; });
    };
    for (const auto &[name, value] : request.settings.values) {
        const auto key = find(name);
        if (key == driver.config_keys.end())
            return refuse(name, "the driver does not declare it");
        if (key->secret)
            return refuse(name, "a secret was given as a plain value");
    }
    for (const auto &[name, value] : request.settings.secrets) {
        const auto key = find(name);
        if (key == driver.config_keys.end() || !key->secret)
            return refuse(name, "the driver does not declare it as a secret");
    }
    for (const ConfigKey &key : driver.config_keys) {
        const bool given = key.secret ? request.settings.secrets.contains(key.name)
                                      : request.settings.values.contains(key.name) || !key.fallback.empty();
        if (key.required && !given)
            return refuse(key.name, "a required key is missing");
    }
    return {};
}

} // namespace

Result<std::unique_ptr<Driver>> open_in_process(std::shared_ptr<DriverLibrary> library, OpenRequest request,
                                                Host &host, const CallContext &call) {
    if (auto checked = check_settings(library->description(), request); !checked)
        return fail(std::move(checked).error());
    auto bridge =
        std::make_unique<HostBridge>(host,
                                     HostBridge::Identity{.backend = std::move(request.backend),
                                                          .agent_version = std::move(request.agent_version),
                                                          .node_id = std::move(request.node_id)},
                                     std::move(request.settings), library->description().config_keys);
    CallBridge opening(call, "open");
    drv_instance *instance = nullptr;
    const drv_status status = invoke(library->descriptor().open, bridge->get(), opening.get(), &instance);
    if (auto opened = opening.result(status); !opened)
        return fail(bridge->masked(std::move(opened).error()));
    if (instance == nullptr)
        return fail(driver_bug("open", "answered OK without giving an instance"));
    return std::make_unique<InProcessDriver>(std::move(library), std::move(bridge), instance);
}

} // namespace drover
