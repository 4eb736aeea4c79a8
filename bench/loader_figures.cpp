// What a call costs through the loader, beside the same call of the driver's own table. The driver answers
// from memory, so the difference is the loader's: call context, deadline, checks, copies and metrics.
#include "bench/scenario.hpp"
#include "drover/abi.h"
#include "loader/open.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <dlfcn.h>
#include <map>
#include <memory>
#include <stdexcept>

namespace drover::bench {

namespace {

constexpr std::uint64_t kRows = 10000;
constexpr int kRepetitions = 9; // the best counts: what else the machine does only ever adds

constexpr const char *kOp = "loader.inprocess.op";
constexpr const char *kList = "loader.inprocess.list10k";
constexpr const char *kGet = "loader.inprocess.get10k";

class QuietHost final : public Host {
public:
    void log(std::string_view /*backend*/, LogLevel /*level*/, std::string_view /*message*/) override {}
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override { return level >= LogLevel::info; }
};

std::string id_of(std::uint64_t row) {
    return fmt::format("00000000-0000-4000-8000-{:012}", row);
}

// The driver through the loader.
class Loaded {
public:
    explicit Loaded(const Workplace &workplace) {
        Catalog catalog(workplace.path() / "drivers");
        auto library = catalog.load("memory");
        if (!library)
            throw std::runtime_error(library.error().message);
        OpenRequest request{.backend = "memory", .agent_version = "1", .node_id = "bench", .settings = {}};
        request.settings.values.emplace("rows", std::to_string(kRows));
        auto opened = open_in_process(*library, std::move(request), host_, {});
        if (!opened)
            throw std::runtime_error(opened.error().message);
        driver_ = std::move(*opened);
    }
    [[nodiscard]] Driver &driver() const { return *driver_; }
    // As the agent's calls are: with a deadline, a request id, and a way to stop them.
    [[nodiscard]] CallContext call() {
        return {.deadline = Deadline::after(std::chrono::minutes(1)),
                .request_id = "4f9c1e0a-7b52-4f57-9a38-0d6c1d2b3a44",
                .cancel = &cancel_};
    }

private:
    QuietHost host_;
    CancelSource cancel_;
    std::unique_ptr<Driver> driver_;
};

// The driver's table alone: a host that gives `rows`, and sinks that look at nothing.
class Bare {
public:
    explicit Bare(const Workplace &workplace) {
        const auto file = workplace.path() / "drivers" / "memory.so";
        void *library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        const auto entry = library == nullptr
                               ? nullptr
                               : reinterpret_cast<drv_entry_v1_fn>(::dlsym(library, "drv_entry_v1"));
        if (entry == nullptr)
            throw std::runtime_error(fmt::format("{} does not load", file.string()));
        driver_ = entry();
        host_.struct_size = sizeof host_;
        host_.config = [](const drv_host_v1 *, drv_str, drv_str *value) -> drv_status {
            static const std::string rows = std::to_string(kRows);
            *value = {rows.data(), rows.size()};
            return DRV_OK;
        };
        call_.struct_size = sizeof call_;
        call_.deadline_ns = DRV_UNKNOWN;
        sink_.struct_size = sizeof sink_;
        sink_.data = &emitted_;
        sink_.emit = [](void *data, const drv_volume *) -> drv_status {
            ++*static_cast<std::uint64_t *>(data);
            return DRV_OK;
        };
        if (driver_->open(&host_, &call_, &instance_) != DRV_OK)
            throw std::runtime_error("the driver's own open failed");
    }
    ~Bare() { driver_->close(instance_); }
    Bare(const Bare &) = delete;
    Bare &operator=(const Bare &) = delete;

    drv_status get(const std::string &id) {
        return driver_->ops->get(instance_, &call_, {id.data(), id.size()}, &sink_);
    }
    drv_status list() {
        const drv_list_req request{.struct_size = sizeof request};
        return driver_->ops->list(instance_, &call_, &request, &sink_);
    }
    [[nodiscard]] std::uint64_t emitted() const { return emitted_; }

private:
    drv_host_v1 host_{};
    drv_call call_{};
    drv_volume_sink sink_{};
    std::uint64_t emitted_ = 0;
    const drv_driver_v1 *driver_ = nullptr;
    drv_instance *instance_ = nullptr;
};

// Keeps the best time of each benchmark, in ns.
class BestOf final : public ::benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context & /*context*/) override { return true; }
    void ReportRuns(const std::vector<Run> &runs) override {
        for (const Run &run : runs) {
            if (run.error_occurred)
                failures_ += fmt::format("{}: {}\n", run.run_name.function_name, run.error_message);
            if (run.error_occurred || run.run_type != Run::RT_Iteration)
                continue;
            const auto [best, is_new] =
                best_.try_emplace(run.run_name.function_name, run.GetAdjustedRealTime());
            best->second = std::min(best->second, run.GetAdjustedRealTime());
        }
    }
    [[nodiscard]] double of(const std::string &name) const {
        const auto found = best_.find(name);
        if (found == best_.end() || !failures_.empty())
            throw std::runtime_error(fmt::format("{} was not measured {}", name, failures_));
        return found->second;
    }

private:
    std::map<std::string, double> best_;
    std::string failures_;
};

template <typename Body>
void add(const std::string &name, const Body &body) {
    ::benchmark::RegisterBenchmark(name.c_str(), body)->Repetitions(kRepetitions)->MinTime(0.05);
}

// One of the rows after the other, far apart, as requests come.
std::uint64_t next_row(std::uint64_t row) {
    constexpr std::uint64_t kStride = 7919;
    return (row + kStride) % kRows;
}

void add_get(const std::string &name, Loaded &loaded, Bare &bare, std::uint64_t rows) {
    auto ids = std::make_shared<std::vector<std::string>>();
    for (std::uint64_t row = 0; row < rows; ++row)
        ids->push_back(id_of(row));
    add(name, [ids, &loaded](::benchmark::State &state) {
        std::uint64_t row = 0;
        for ([[maybe_unused]] auto _ : state) {
            auto volume = loaded.driver().get(loaded.call(), (*ids)[row % ids->size()]);
            if (!volume)
                return state.SkipWithError(volume.error().message.c_str());
            ::benchmark::DoNotOptimize(volume->bytes);
            row = next_row(row);
        }
    });
    add(name + "/bare", [ids, &bare](::benchmark::State &state) {
        std::uint64_t row = 0;
        for ([[maybe_unused]] auto _ : state) {
            if (bare.get((*ids)[row % ids->size()]) != DRV_OK)
                return state.SkipWithError("get failed");
            row = next_row(row);
        }
    });
}

void add_list(Loaded &loaded, Bare &bare) {
    add(kList, [&loaded](::benchmark::State &state) {
        for ([[maybe_unused]] auto _ : state) {
            std::vector<BackendVolume> rows;
            rows.reserve(kRows);
            const auto listed = loaded.driver().list(loaded.call(), [&](BackendVolume &&row) {
                rows.push_back(std::move(row));
                return true;
            });
            if (!listed || rows.size() != kRows)
                return state.SkipWithError("the listing is not complete");
            state.PauseTiming(); // freeing them is the caller's
            rows = {};
            state.ResumeTiming();
        }
    });
    add(std::string(kList) + "/bare", [&bare](::benchmark::State &state) {
        for ([[maybe_unused]] auto _ : state) {
            if (bare.list() != DRV_OK)
                return state.SkipWithError("list failed");
        }
    });
}

std::vector<Figure> measure(const Workplace &workplace, const Wanted &wanted) {
    Loaded loaded(workplace);
    Bare bare(workplace);
    if (wanted(kOp))
        add_get(kOp, loaded, bare, 1);
    if (wanted(kGet))
        add_get(kGet, loaded, bare, kRows);
    if (wanted(kList))
        add_list(loaded, bare);
    BestOf best;
    std::string program = "drover-bench";
    std::string interleaved = "--benchmark_enable_random_interleaving=true";
    std::vector<char *> arguments{program.data(), interleaved.data(), nullptr};
    int count = 2;
    ::benchmark::Initialize(&count, arguments.data());
    ::benchmark::RunSpecifiedBenchmarks(&best);
    ::benchmark::ClearRegisteredBenchmarks();

    std::vector<Figure> figures;
    const auto take = [&](const char *name, const char *unit, double scale, Budget budget, std::string what) {
        if (!wanted(name))
            return;
        figures.push_back({.name = name,
                           .unit = unit,
                           .value = best.of(name) / scale,
                           .beside = best.of(std::string(name) + "/bare") / scale,
                           .budget = budget,
                           .what = std::move(what)});
    };
    take(kOp, "ns", 1, {Budget::Of::difference, 250},
         "get of one volume through the loader; beside: the driver's own table, nothing copied");
    take(kList, "ms", 1e6, {Budget::Of::value, 1.5},
         "list 10,000 volumes into values; beside: the driver's own table, nothing copied");
    take(kGet, "us", 1e3, {Budget::Of::value, 10},
         "get of any of 10,000 volumes through the loader; beside: the driver's own table");
    return figures;
}

} // namespace

Scenario loader_scenario() {
    return {.names = {kOp, kList, kGet}, .measure = &measure};
}

} // namespace drover::bench
