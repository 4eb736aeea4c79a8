#include "core/api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <utility>

namespace drover {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                          1,     2.5,   5,    10,    30,   60,  120,  600};

constexpr std::array kStatuses = {VolumeStatus::creating, VolumeStatus::available, VolumeStatus::in_use,
                                  VolumeStatus::changing, VolumeStatus::elsewhere, VolumeStatus::error,
                                  VolumeStatus::lost,     VolumeStatus::deleting};

// A family that is made at the moment of the scrape.
class Family {
public:
    Family(std::vector<MetricFamily> &to, MetricType type, std::string name, std::string help)
        : to_(to), family_{std::move(name), std::move(help), type, {}} {}
    Family(const Family &) = delete;
    Family &operator=(const Family &) = delete;
    ~Family() { to_.push_back(std::move(family_)); }

    void add(Labels labels, double value) {
        ClientMetric metric;
        metric.label = std::move(labels);
        metric.gauge.value = value;
        metric.counter.value = value;
        family_.metric.push_back(std::move(metric));
    }

private:
    std::vector<MetricFamily> &to_;
    MetricFamily family_;
};

void add_volumes(std::vector<MetricFamily> &to, const VolumeService &service,
                 const std::vector<BackendView> &backends) {
    struct Sums {
        std::array<std::uint64_t, kStatuses.size()> volumes{};
        double bytes = 0;
        std::uint64_t uses = 0;
    };
    std::map<std::string, Sums> of;
    for (const BackendView &backend : backends)
        of[backend.name];
    for (const VolumeView &volume : service.list()) {
        Sums &sums = of[volume.backend];
        ++sums.volumes.at(static_cast<std::size_t>(volume.status));
        sums.bytes += static_cast<double>(volume.bytes);
        sums.uses += volume.uses;
    }
    Family volumes(to, MetricType::Gauge, "drover_volumes", "Volumes this node knows, by their status");
    Family bytes(to, MetricType::Gauge, "drover_volume_bytes", "Sum of the sizes of the volumes");
    Family uses(to, MetricType::Gauge, "drover_volume_uses",
                "Callers that have a volume mounted on this node");
    for (const auto &[backend, sums] : of) {
        for (const VolumeStatus status : kStatuses) {
            volumes.add({{"backend", backend}, {"status", std::string(to_string(status))}},
                        static_cast<double>(sums.volumes.at(static_cast<std::size_t>(status))));
        }
        bytes.add({{"backend", backend}}, sums.bytes);
        uses.add({{"backend", backend}}, static_cast<double>(sums.uses));
    }
}

void add_backends(std::vector<MetricFamily> &to, const std::vector<BackendView> &backends) {
    Family up(to, MetricType::Gauge, "drover_backend_up", "1 when the backend's driver is open and ready");
    Family total(to, MetricType::Gauge, "drover_backend_total_bytes",
                 "Capacity, where the backend reports it");
    Family free(to, MetricType::Gauge, "drover_backend_free_bytes",
                "Free capacity, where the backend reports it");
    for (const BackendView &backend : backends) {
        up.add({{"backend", backend.name}, {"driver", backend.driver}}, backend.state == "ready" ? 1 : 0);
        if (backend.capabilities && backend.capabilities->total_bytes)
            total.add({{"backend", backend.name}}, static_cast<double>(*backend.capabilities->total_bytes));
        if (backend.capabilities && backend.capabilities->free_bytes)
            free.add({{"backend", backend.name}}, static_cast<double>(*backend.capabilities->free_bytes));
    }
}

void add_running(std::vector<MetricFamily> &to, const VolumeService &service) {
    std::map<std::string, unsigned> running;
    for (const OperationView &operation : service.operations()) {
        if (!operation.done)
            ++running[operation.kind];
    }
    Family family(to, MetricType::Gauge, "drover_operations_running", "Operations that have not ended");
    for (const auto &[kind, count] : running)
        family.add({{"kind", kind}}, count);
}

void add_driver_calls(std::vector<MetricFamily> &to, const std::vector<BackendCalls> &backends) {
    Family calls(to, MetricType::Counter, "drover_driver_calls_total", "Calls of a driver");
    Family failures(to, MetricType::Counter, "drover_driver_call_failures_total",
                    "Calls of a driver that failed");
    Family seconds(to, MetricType::Counter, "drover_driver_call_seconds_total",
                   "Time spent in calls of a driver");
    Family in_flight(to, MetricType::Gauge, "drover_driver_calls_in_flight",
                     "Calls of a driver that run now");
    for (const BackendCalls &backend : backends) {
        for (const OpMetrics &op : backend.ops) {
            if (op.calls == 0)
                continue;
            const Labels labels = {{"backend", backend.backend}, {"op", std::string(op.op)}};
            calls.add(labels, static_cast<double>(op.calls));
            failures.add(labels, static_cast<double>(op.failures));
            seconds.add(labels, static_cast<double>(op.total_ns) / 1e9);
            in_flight.add(labels, static_cast<double>(op.in_flight));
        }
    }
}

} // namespace

struct Metrics::Impl {
    explicit Impl(MetricsOptions given) : options(std::move(given)) {}

    MetricsOptions options;
    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter> &operations =
        prometheus::BuildCounter()
            .Name("drover_operations_total")
            .Help("Operations that ended, by their outcome: ok or the code of the error")
            .Register(registry);
    prometheus::Family<prometheus::Histogram> &durations =
        prometheus::BuildHistogram()
            .Name("drover_operation_duration_seconds")
            .Help("From the request to its end, waiting for others included")
            .Register(registry);
};

Metrics::Metrics(MetricsOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Metrics::~Metrics() = default;

void Metrics::record(std::string_view kind, const std::optional<Code> &failure,
                     std::chrono::nanoseconds took) {
    const std::string outcome = failure ? std::string(to_string(*failure)) : "ok";
    impl_->operations.Add({{"kind", std::string(kind)}, {"outcome", outcome}}).Increment();
    impl_->durations.Add({{"kind", std::string(kind)}}, kSeconds)
        .Observe(std::chrono::duration<double>(took).count());
}

std::string Metrics::text(const VolumeService &service) const {
    std::vector<MetricFamily> families;
    const MetricsOptions &options = impl_->options;
    Family(families, MetricType::Gauge, "drover_build_info", "The agent's version")
        .add({{"version", options.version}}, 1);
    Family(families, MetricType::Gauge, "process_start_time_seconds", "When the agent started, since 1970")
        .add({}, static_cast<double>(options.started_unix_ns) / 1e9);
    const auto backends = service.backends();
    add_backends(families, backends);
    add_volumes(families, service, backends);
    add_running(families, service);
    if (options.driver_calls)
        add_driver_calls(families, options.driver_calls());
    for (MetricFamily &family : impl_->registry.Collect())
        families.push_back(std::move(family));
    std::erase_if(families, [](const MetricFamily &family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families);
}

} // namespace drover
