#include "conformance/suite/outcome.hpp"

#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

TestResult with(Outcome outcome) {
    return {.id = "a.b", .outcome = outcome};
}

TEST(Outcome, NamesGoBothWays) {
    for (const Outcome each :
         {Outcome::pass, Outcome::warn, Outcome::fail, Outcome::crash, Outcome::timeout, Outcome::skip})
        EXPECT_EQ(outcome_named(to_string(each)), each);
    EXPECT_EQ(outcome_named("passed"), std::nullopt);
}

TEST(Outcome, WarningsPassAndCrashesAndTimeoutsFail) {
    const std::vector results{with(Outcome::pass),  with(Outcome::warn),    with(Outcome::fail),
                              with(Outcome::crash), with(Outcome::timeout), with(Outcome::skip)};
    const Tally sum = tally(results);
    EXPECT_EQ(summary_line(sum), "2 passed, 3 failed, 1 skipped");
    EXPECT_EQ(sum.warned, 1U);
    EXPECT_EQ(sum.crashed, 1U);
    EXPECT_EQ(sum.timed_out, 1U);
}

TEST(Outcome, AnEmptyRunHasASummary) {
    EXPECT_EQ(summary_line(tally({})), "0 passed, 0 failed, 0 skipped");
}

} // namespace
} // namespace drover::conformance
