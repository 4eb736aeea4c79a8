// drv.stats/1.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/extension_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace drover::conformance {
namespace {

constexpr Needs kStats{.extension = DRV_EXT_STATS};

StatsRow stats_of(Test &test, const std::string &id) {
    ExtensionCalls calls(test.instance());
    ok(test, calls.volume_stats(id));
    test.expect(calls.stats().size() == 1, "exactly one row", fmt::format("{}", calls.stats().size()));
    test.expect(calls.stats().front().id == id, fmt::format("the id {}", id), calls.stats().front().id);
    return calls.stats().front();
}

std::vector<StatsRow> all_stats(Test &test, std::uint64_t page_size = 0) {
    ExtensionCalls calls(test.instance());
    std::vector<StatsRow> rows;
    std::set<std::string> seen;
    ListArguments page{.max_entries = page_size};
    for (;;) {
        const Answer answer = calls.list_stats(page);
        ok(test, answer, "lists a page");
        if (page_size != 0) {
            test.expect(calls.stats().size() <= page_size, fmt::format("at most {} rows", page_size),
                        fmt::format("{}", calls.stats().size()));
        }
        rows.insert(rows.end(), calls.stats().begin(), calls.stats().end());
        if (answer.tokens.empty())
            return rows;
        page.token = answer.tokens.front();
        test.expect(seen.insert(page.token).second, "a listing that ends", "a page token came again");
    }
}

bool has(const std::vector<StatsRow> &rows, const std::string &id) {
    return std::any_of(rows.begin(), rows.end(), [&](const StatsRow &row) { return row.id == id; });
}

void of_volume(Test &test) {
    const BackendVolume volume = test.make_volume();
    const drv_stats numbers = stats_of(test, volume.id).numbers;
    test.expect(numbers.provisioned_bytes == volume.bytes || numbers.provisioned_bytes == DRV_UNKNOWN,
                fmt::format("provisioned_bytes is the volume's size, {}", volume.bytes),
                fmt::format("{}", numbers.provisioned_bytes));
    test.expect(numbers.total_bytes == volume.bytes || numbers.total_bytes == DRV_UNKNOWN,
                fmt::format("total_bytes is the volume's size, {}", volume.bytes),
                fmt::format("{}", numbers.total_bytes));
    const auto now = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                    std::chrono::system_clock::now().time_since_epoch())
                                                    .count());
    constexpr std::uint64_t kDay = 86'400'000'000'000;
    test.expect(numbers.taken_unix_ns > now - kDay && numbers.taken_unix_ns < now + kDay,
                "taken_unix_ns is a time of today, in nanoseconds", fmt::format("{}", numbers.taken_unix_ns));
    same_volume(test, volume, exists(test, test.instance(), volume.id), "get after the statistics");
}

void only_grow(Test &test) {
    const BackendVolume volume = test.make_volume();
    test.attach_first(volume.id);
    const drv_stats before = stats_of(test, volume.id).numbers;
    const drv_stats after = stats_of(test, volume.id).numbers;
    if (before.epoch != after.epoch)
        return; // counters began anew, which may happen at any time
    const auto grew = [&](std::string_view name, std::uint64_t first, std::uint64_t then) {
        test.expect((first == DRV_UNKNOWN) == (then == DRV_UNKNOWN) && then >= first,
                    fmt::format("{} is at least {} in the same epoch", name, first), fmt::format("{}", then));
    };
    grew("read_ops", before.read_ops, after.read_ops);
    grew("write_ops", before.write_ops, after.write_ops);
    grew("read_bytes", before.read_bytes, after.read_bytes);
    grew("write_bytes", before.write_bytes, after.write_bytes);
    grew("read_latency_ns_sum", before.read_latency_ns_sum, after.read_latency_ns_sum);
    grew("write_latency_ns_sum", before.write_latency_ns_sum, after.write_latency_ns_sum);
}

void of_all(Test &test) {
    const BackendVolume one = test.make_volume();
    const BackendVolume other = test.make_volume();
    for (const std::uint64_t page : {0U, 1U, 100U}) {
        const auto rows = all_stats(test, page);
        test.expect(has(rows, one.id) && has(rows, other.id), "every managed volume", "one is missing");
    }
    if (!test.file().is_shared) {
        for (const StatsRow &row : all_stats(test))
            test.expect(contains(list_all(test, test.instance()), row.id), "managed volumes only", row.id);
    }
}

void of_pools(Test &test) {
    ExtensionCalls calls(test.instance());
    ok(test, calls.pool_stats());
    std::set<std::string> names;
    const std::vector<StatsRow> pools = calls.stats();
    for (const StatsRow &row : pools) {
        test.expect(!row.id.empty() && names.insert(row.id).second, "each pool once, by its name", row.id);
        test.expect(row.numbers.total_bytes == DRV_UNKNOWN || row.numbers.used_bytes == DRV_UNKNOWN ||
                        row.numbers.used_bytes <= row.numbers.total_bytes,
                    fmt::format("pool {} uses no more than it has", row.id),
                    fmt::format("{} of {} bytes", row.numbers.used_bytes, row.numbers.total_bytes));
    }
    if (!test.file().pool.empty() && !pools.empty())
        test.expect(names.contains(test.file().pool), "the case file's pool is among them", "it is not");
}

} // namespace

void add_stats_cases(Registry &all) {
    all.advertised("ext.stats.volume", kStats,
                   "Statistics of a volume are emitted once, with its id, its size and the time.", of_volume);
    all.advertised("ext.stats.only-grow", kStats, "Counters never become smaller in one epoch.", only_grow);
    all.advertised("ext.stats.volumes", kStats,
                   "Every managed volume is listed, and no other, whatever the size of the page.", of_all);
    all.advertised("ext.stats.pools", kStats, "Every pool is listed once, by its name.", of_pools);
    all.advertised("ext.stats.not-found", kStats,
                   "Statistics of what does not exist answer NOT_FOUND and emit nothing.", [](Test &test) {
                       ExtensionCalls calls(test.instance());
                       answers(test, calls.volume_stats(test.fresh_id()), {DRV_E_NOT_FOUND},
                               "there is no such volume");
                       test.expect(calls.stats().empty(), "nothing is emitted", "a row was");
                   });
    all.advertised(
        "ext.stats.bad-token", kStats, "A page token that is none answers INVALID.", [](Test &test) {
            answers(test, ExtensionCalls(test.instance()).list_stats({.token = "conformance, no such token"}),
                    {DRV_E_INVALID}, "that is no page token");
        });
    all.advertised(
        "ext.stats.stop", kStats, "A sink that answers DRV_E_STOPPED ends the listing.", [](Test &test) {
            test.make_volume();
            test.make_volume();
            ExtensionCalls calls(test.instance());
            answers(test, calls.list_stats({.stop_after = 1}), {DRV_E_STOPPED}, "the sink wanted no more");
            test.expect(calls.stats().size() == 1, "one row", fmt::format("{}", calls.stats().size()));
        });
    all.advertised(
        "ext.stats.bad-ids", kStats, "Ids that are empty, 64 KiB long or not UTF-8 answer INVALID.",
        [](Test &test) {
            for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")}) {
                answers(test, ExtensionCalls(test.instance()).volume_stats(id), {DRV_E_INVALID},
                        "that is no id");
            }
        });
}

} // namespace drover::conformance
