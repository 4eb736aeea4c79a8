// What the FlashArray driver takes for the life of a volume, and for a listing of many, against the simulated
// array: time, beside as many bare requests over the same TLS, and how many requests each op makes.
#include "bench/scenario.hpp"
#include "loader/open.hpp"
#include "sdk/rest/testing/array_process.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>
#include <stdexcept>

namespace drover::bench {

namespace {

using Clock = std::chrono::steady_clock;
using drv::rest::testing::ArrayProcess;

constexpr const char *kCycle = "flasharray.cycle";
constexpr const char *kList = "flasharray.list10k";
constexpr std::array kOps{"create", "attach", "detach", "destroy"};
constexpr std::uint64_t kRows = 10000;
constexpr int kRounds = 30; // the best counts: what else the machine does only ever adds
constexpr int kListRounds = 5;
constexpr std::uint64_t kBytes = std::uint64_t{1} << 30U;
constexpr const char *kToken = "00000000-0000-4000-8000-00000000b00c";

class QuietHost final : public Host {
public:
    void log(std::string_view /*backend*/, LogLevel /*level*/, std::string_view /*message*/) override {}
    [[nodiscard]] bool log_enabled(LogLevel level) const noexcept override { return level >= LogLevel::info; }
};

std::string seed(std::uint64_t volumes) {
    std::string text = fmt::format("users: [{{name: bench, api_token: {}}}]\n", kToken);
    if (volumes > 0) {
        text += fmt::format(
            "volumes: [{{name: drover-00000000-0000-4000-8000-0000000, size: 1G, count: {}}}]\n", volumes);
    }
    return text;
}

std::string op_name(std::string_view op) {
    return fmt::format("flasharray.{}.calls", op);
}

void must(const auto &done, std::string_view what) {
    if (!done)
        throw std::runtime_error(fmt::format("{}: {}", what, done.error().message));
}

double us_of(Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

class Bed {
public:
    explicit Bed(std::uint64_t volumes)
        : array_(build_folder() / "bin" / "drover-array-sim", "flasharray", seed(volumes)) {
        auto library = catalog_.load_file(build_folder() / "drivers" / "flasharray.so");
        must(library, "the driver does not load");
        OpenRequest request{
            .backend = "flasharray", .agent_version = "1", .node_id = "bench", .settings = {}};
        request.settings.values = {{"pure_ip", fmt::format("127.0.0.1:{}", array_.port())},
                                   {"pure_verify_https", "true"},
                                   {"pure_ssl_cert", array_.certificate().string()}};
        request.settings.secrets = {{"pure_api_token", kToken}};
        auto opened = open_in_process(*library, std::move(request), host_, {});
        must(opened, "the driver does not open");
        driver_ = std::move(*opened);
    }
    [[nodiscard]] Driver &driver() const { return *driver_; }
    [[nodiscard]] ArrayProcess &array() { return array_; }
    [[nodiscard]] static CallContext call() { return {.deadline = Deadline::after(std::chrono::minutes(1))}; }

    // As many requests that the array answers without looking at anything, one after the other.
    Clock::duration bare(std::size_t count) {
        const auto begin = Clock::now();
        for (std::size_t i = 0; i < count; ++i)
            array_.control(drv::rest::Method::get, "clock");
        return Clock::now() - begin;
    }

private:
    ArrayProcess array_;
    QuietHost host_;
    Catalog catalog_{build_folder() / "drivers"};
    std::unique_ptr<Driver> driver_;
};

struct Cycle {
    std::array<double, kOps.size()> us{};
    std::array<std::size_t, kOps.size()> calls{};
};

Cycle run_cycle(Bed &bed, int round) {
    const std::string id = fmt::format("00000000-0000-4000-9000-{:012}", round);
    const AttachRequest where{.volume_id = id,
                              .node = {.id = "bench", .initiators = {{"iqn", "iqn.2026-01.bench:bench"}}},
                              .read_only = false};
    const std::array<std::function<void()>, kOps.size()> ops{
        [&] { must(bed.driver().create(Bed::call(), {.id = id, .name = "", .bytes = kBytes}), "create"); },
        [&] { must(bed.driver().attach(Bed::call(), where), "attach"); },
        [&] { must(bed.driver().detach(Bed::call(), where), "detach"); },
        [&] { must(bed.driver().destroy(Bed::call(), id), "destroy"); }};
    Cycle cycle;
    static_cast<void>(bed.array().take_calls());
    for (std::size_t op = 0; op < ops.size(); ++op) {
        const auto begin = Clock::now();
        ops.at(op)();
        cycle.us.at(op) = us_of(Clock::now() - begin);
        cycle.calls.at(op) = bed.array().take_calls().size();
    }
    return cycle;
}

void measure_cycle(std::vector<Figure> &figures, const Wanted &wanted) {
    Bed bed(0);
    static_cast<void>(run_cycle(bed, 0)); // logs in, makes the host object, learns the ports
    double best = std::numeric_limits<double>::max();
    double best_bare = best;
    Cycle last;
    for (int round = 1; round <= kRounds; ++round) {
        last = run_cycle(bed, round);
        double sum = 0;
        std::size_t calls = 0;
        for (std::size_t op = 0; op < kOps.size(); ++op) {
            sum += last.us.at(op);
            calls += last.calls.at(op);
        }
        best = std::min(best, sum);
        best_bare = std::min(best_bare, us_of(bed.bare(calls)));
    }
    if (wanted(kCycle)) {
        figures.push_back(
            {.name = kCycle,
             .unit = "us",
             .value = best,
             .beside = best_bare,
             .budget = std::nullopt,
             .what = "create, attach, detach and destroy of one volume against the simulator; beside: as "
                     "many requests to it that do nothing"});
    }
    for (std::size_t op = 0; op < kOps.size(); ++op) {
        if (!wanted(op_name(kOps.at(op))))
            continue;
        const bool is_attach = std::string_view(kOps.at(op)) == "attach";
        figures.push_back(
            {.name = op_name(kOps.at(op)),
             .unit = "calls",
             .value = static_cast<double>(last.calls.at(op)),
             .beside = std::nullopt,
             .budget = is_attach ? std::optional(Budget{Budget::Of::value, 3}) : std::nullopt,
             .what =
                 fmt::format("REST calls of {}, when the host object and the ports are known", kOps.at(op))});
    }
}

void measure_list(std::vector<Figure> &figures, const Wanted &wanted) {
    Bed bed(kRows);
    double best = std::numeric_limits<double>::max();
    double best_bare = best;
    std::size_t calls = 0;
    for (int round = 0; round <= kListRounds; ++round) {
        static_cast<void>(bed.array().take_calls());
        std::uint64_t rows = 0;
        const auto begin = Clock::now();
        must(bed.driver().list(Bed::call(),
                               [&](BackendVolume &&) {
                                   ++rows;
                                   return true;
                               }),
             "list");
        const double us = us_of(Clock::now() - begin);
        if (rows != kRows)
            throw std::runtime_error(fmt::format("the listing has {} volumes, not {}", rows, kRows));
        calls = bed.array().take_calls().size();
        if (round > 0) { // the first one logs in
            best = std::min(best, us);
            best_bare = std::min(best_bare, us_of(bed.bare(calls)));
        }
    }
    if (wanted(kList)) {
        figures.push_back({.name = kList,
                           .unit = "ms",
                           .value = best / 1000,
                           .beside = best_bare / 1000,
                           .budget = std::nullopt,
                           .what =
                               "10,000 volumes of the simulator listed into values; beside: as many requests "
                               "to it that do nothing"});
    }
    if (wanted(op_name("list10k"))) {
        figures.push_back(
            {.name = op_name("list10k"),
             .unit = "calls",
             .value = static_cast<double>(calls),
             .beside = std::nullopt,
             .budget = Budget{Budget::Of::value, 12},
             .what = "REST calls of that listing: a page for each 1,000 volumes, the empty one that "
                     "ends it, and all connections"});
    }
}

std::vector<Figure> measure(const Workplace & /*workplace*/, const Wanted &wanted) {
    std::vector<Figure> figures;
    const bool wants_ops =
        std::ranges::any_of(kOps, [&](std::string_view op) { return wanted(op_name(op)); });
    if (wanted(kCycle) || wants_ops)
        measure_cycle(figures, wanted);
    if (wanted(kList) || wanted(op_name("list10k")))
        measure_list(figures, wanted);
    return figures;
}

} // namespace

Scenario flasharray_scenario() {
    return {.names = {kCycle, op_name("create"), op_name("attach"), op_name("detach"), op_name("destroy"),
                      kList, op_name("list10k")},
            .measure = &measure};
}

} // namespace drover::bench
