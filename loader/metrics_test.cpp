#include "loader/metrics.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace drover {
namespace {

TEST(CallMetrics, EveryOpHasItsOwnRow) {
    std::set<std::string_view> names;
    for (const OpMetrics &row : CallMetrics().read())
        names.insert(row.op);
    EXPECT_EQ(names.size(), kOpCount);
    EXPECT_TRUE(names.contains("snapshot.clone"));
    EXPECT_EQ(name_of(Op::profiles), "profiles");
    EXPECT_TRUE(is_mutating(Op::snapshot_revert));
    EXPECT_FALSE(is_mutating(Op::resolve));
}

TEST(CallMetrics, CountsFromManyThreads) {
    CallMetrics metrics;
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 1000; ++i) {
                    metrics.begin(Op::get);
                    metrics.end(Op::get, i % 10 != 0, std::chrono::nanoseconds(3));
                }
            });
        }
    }
    metrics.begin(Op::get);
    const OpMetrics row = metrics.read().at(static_cast<std::size_t>(Op::get));
    EXPECT_EQ(row.calls, 4001U);
    EXPECT_EQ(row.failures, 400U);
    EXPECT_EQ(row.in_flight, 1U);
    EXPECT_EQ(row.total_ns, 12000U);
}

} // namespace
} // namespace drover
