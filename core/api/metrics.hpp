// What Prometheus reads. Counts of operations come through record(); everything else is read from the volume
// service and the drivers at the moment of the scrape. Labels hold only words of the configuration and of
// this program, never names of volumes.
#pragma once

#include "core/volume/service.hpp"
#include "loader/driver.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

struct BackendCalls {
    std::string backend;
    std::vector<OpMetrics> ops;
};

struct MetricsOptions {
    std::string version;
    std::uint64_t started_unix_ns = 0;
    std::function<std::vector<BackendCalls>()> driver_calls; // may be empty
};

class Metrics {
public:
    explicit Metrics(MetricsOptions options);
    ~Metrics();
    Metrics(const Metrics &) = delete;
    Metrics &operator=(const Metrics &) = delete;

    // An operation ended. `kind` is a word of this program. From any thread.
    void record(std::string_view kind, const std::optional<Code> &failure, std::chrono::nanoseconds took);

    // The text form, version 0.0.4.
    [[nodiscard]] std::string text(const VolumeService &service) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace drover
