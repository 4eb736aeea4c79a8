// An open fixture driver, as most tests of the loader need it.
#pragma once

#include "loader/testing/driver_folder.hpp"
#include "loader/testing/recording_host.hpp"

#include <memory>
#include <string>
#include <utility>

namespace drover::testing {

inline Result<std::unique_ptr<Driver>> try_open(const DriverFolder &folder, const std::string &fixture,
                                                Host &host, BackendSettings settings = {},
                                                const CallContext &call = {}) {
    Catalog catalog(folder.path());
    if (!std::filesystem::exists(folder.file(fixture)))
        folder.put(fixture);
    auto library = catalog.load(fixture);
    if (!library)
        return tl::unexpected<Error>(library.error());
    OpenRequest request;
    request.backend = "array-1";
    request.agent_version = "1.2.3";
    request.node_id = "node-a";
    request.settings = std::move(settings);
    return open_in_process(*library, std::move(request), host, call);
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
