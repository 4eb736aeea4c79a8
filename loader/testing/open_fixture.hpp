// An open fixture driver, as most tests of the loader need it. With DROVER_TEST_ISOLATED the driver runs in a
// process of its own: the same tests then hold that nobody can tell.
#pragma once

#include "loader/isolated.hpp"
#include "loader/testing/driver_folder.hpp"
#include "loader/testing/recording_host.hpp"

#include <memory>
#include <string>
#include <utility>

namespace drover::testing {

inline OpenRequest fixture_request(const DriverFolder &folder, BackendSettings settings,
                                   std::shared_ptr<NamedLocks> volume_locks = nullptr) {
    OpenRequest request;
    request.backend = "array-1";
    request.agent_version = "1.2.3";
    request.node_id = "node-a";
    request.settings = std::move(settings);
    request.volume_locks = std::move(volume_locks);
    request.store_folder = folder.path() / "store";
    return request;
}

// For tests that do not want to wait long for what is late by intention.
inline IsolationOptions quick_isolation() {
    IsolationOptions options;
    options.program = DROVER_DRIVER_HOST;
    options.grace = std::chrono::milliseconds(300);
    return options;
}

inline Result<std::unique_ptr<Driver>>
open_isolated_from(const DriverFolder &folder, const std::string &fixture, Host &host, OpenRequest request,
                   const CallContext &call, const IsolationOptions &options = quick_isolation()) {
    Catalog catalog(folder.path());
    if (!std::filesystem::exists(folder.file(fixture)))
        folder.put(fixture);
    auto file = catalog.find(fixture);
    if (!file)
        return fail(file.error());
    // Not by the deadline of the call: it is that of open.
    auto library = load_isolated(*file, options, {});
    if (!library)
        return fail(library.error());
    return open_isolated(*library, std::move(request), host, call);
}

inline Result<std::unique_ptr<Driver>>
try_open_isolated(const DriverFolder &folder, const std::string &fixture, Host &host,
                  BackendSettings settings = {}, const CallContext &call = {},
                  const IsolationOptions &options = quick_isolation()) {
    return open_isolated_from(folder, fixture, host, fixture_request(folder, std::move(settings)), call,
                              options);
}

inline Result<std::unique_ptr<Driver>> open_from(const DriverFolder &folder, const std::string &fixture,
                                                 Host &host, OpenRequest request, const CallContext &call) {
#ifdef DROVER_TEST_ISOLATED
    return open_isolated_from(folder, fixture, host, std::move(request), call);
#else
    Catalog catalog(folder.path());
    if (!std::filesystem::exists(folder.file(fixture)))
        folder.put(fixture);
    auto library = catalog.load(fixture);
    if (!library)
        return fail(library.error());
    return open_in_process(*library, std::move(request), host, call);
#endif
}

inline Result<std::unique_ptr<Driver>> try_open(const DriverFolder &folder, const std::string &fixture,
                                                Host &host, BackendSettings settings = {},
                                                const CallContext &call = {},
                                                std::shared_ptr<NamedLocks> volume_locks = nullptr) {
    return open_from(folder, fixture, host,
                     fixture_request(folder, std::move(settings), std::move(volume_locks)), call);
}

inline Result<std::unique_ptr<Driver>> try_open_without_store(const DriverFolder &folder,
                                                              const std::string &fixture, Host &host) {
    OpenRequest request = fixture_request(folder, {});
    request.store_folder.clear();
    return open_from(folder, fixture, host, std::move(request), {});
}

struct OpenFixture {
    explicit OpenFixture(BackendSettings settings = {}, const std::string &fixture = "good",
                         LogLevel threshold = LogLevel::info)
        : host(threshold) {
        auto opened = try_open(folder, fixture, host, std::move(settings));
        if (!opened)
            throw std::runtime_error(opened.error().message);
        driver = std::move(*opened);
    }

    DriverFolder folder;
    RecordingHost host;
    std::unique_ptr<Driver> driver;
    CallContext call;
};

inline BackendSettings with(std::string key, std::string value) {
    BackendSettings settings;
    settings.values.emplace(std::move(key), std::move(value));
    return settings;
}

} // namespace drover::testing
