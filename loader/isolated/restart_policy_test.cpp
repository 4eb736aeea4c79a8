#include "loader/isolated/restart_policy.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using namespace std::chrono_literals;

TEST(RestartPolicyTest, PausesGrowUntilSomethingWorks) {
    RestartPolicy policy({.quick_starts = 2, .first_pause = 1s, .longest_pause = 3s});
    const auto now = RestartPolicy::Clock::now();
    EXPECT_EQ(policy.pause_left(now), 0s);
    policy.failed(now);
    policy.failed(now);
    EXPECT_EQ(policy.pause_left(now), 0s);
    policy.failed(now);
    EXPECT_EQ(policy.pause_left(now), 1s);
    EXPECT_EQ(policy.pause_left(now + 400ms), 600ms);
    EXPECT_EQ(policy.pause_left(now + 2s), 0s);
    policy.failed(now);
    EXPECT_EQ(policy.pause_left(now), 2s);
    for (int i = 0; i < 100; ++i)
        policy.failed(now);
    EXPECT_EQ(policy.pause_left(now), 3s);
    policy.succeeded();
    EXPECT_EQ(policy.pause_left(now), 0s);
    EXPECT_EQ(policy.failures(), 0U);
}

} // namespace
} // namespace drover
