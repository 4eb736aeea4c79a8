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

inline OpenRequest fixture_request(BackendSettings settings,
                                   std::shared_ptr<NamedLocks> volume_locks = nullptr) {
    OpenRequest request;
    request.backend = "array-1";
    request.agent_version = "1.2.3";
    request.node_id = "node-a";
    request.settings = std::move(settings);
    request.volume_locks = std::move(volume_locks);
    return request;
}

// For tests that do not want to wait long for what is late by intention.
inline IsolationOptions quick_isolation() {
    IsolationOptions options;
    options.program = DROVER_DRIVER_HOST;
    options.grace = std::chrono::milliseconds(300);
    return options;
}

inline Result<std::unique_ptr<Driver>> try_open_isolated(const DriverFolder &folder,
                                                         const std::string &fixture, Host &host,
                                                         BackendSettings settings = {},
                                                         const CallContext &call = {},
                                                         const IsolationOptions &options = quick_isolation(),
                                                         std::shared_ptr<NamedLocks> volume_locks = nullptr) {
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
    return open_isolated(*library, fixture_request(std::move(settings), std::move(volume_locks)), host, call);
}

inline Result<std::unique_ptr<Driver>> try_open(const DriverFolder &folder, const std::string &fixture,
                                                Host &host, BackendSettings settings = {},
                                                const CallContext &call = {},
                                                std::shared_ptr<NamedLocks> volume_locks = nullptr) {
#ifdef DROVER_TEST_ISOLATED
    return try_open_isolated(folder, fixture, host, std::move(settings), call, quick_isolation(),
                             std::move(volume_locks));
#else
    Catalog catalog(folder.path());
    if (!std::filesystem::exists(folder.file(fixture)))
        folder.put(fixture);
    auto library = catalog.load(fixture);
    if (!library)
        return fail(library.error());
    return open_in_process(*library, fixture_request(std::move(settings), std::move(volume_locks)), host,
                           call);
#endif
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
