#include "loader/locks.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace drover {
namespace {

using ::testing::MatchesRegex;

TEST(NamedLocks, ExcludesOnlyTheSameName) {
    NamedLocks locks("volume");
    const CallContext call;
    auto a = locks.lock("a", "create", call);
    auto b = locks.lock("b", "create", call);
    EXPECT_TRUE(a.has_value());
    EXPECT_TRUE(b.has_value());
}

TEST(NamedLocks, AWaiterThatGivesUpSaysWhatItWaitedFor) {
    NamedLocks locks("volume");
    const auto held = locks.lock("v1", "create", {});
    CallContext soon;
    soon.deadline = Deadline::after(std::chrono::milliseconds(20));
    const auto refused = locks.lock("v1", "destroy", soon);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::deadline);
    EXPECT_TRUE(refused.error().retryable);
    EXPECT_FALSE(refused.error().state_unknown);
    EXPECT_THAT(
        refused.error().message,
        MatchesRegex(
            "destroy on volume v1 did not begin: create on the same volume has been running for "
            "[0-9.]+ s, and the deadline passed; nothing was changed, try again when that has ended"));
}

TEST(NamedLocks, AWaiterCanBeCancelled) {
    NamedLocks locks("volume");
    const auto held = locks.lock("v1", "create", {});
    CancelSource source;
    CallContext call;
    call.cancel = &source;
    std::jthread canceller([&] { source.cancel(); });
    const auto refused = locks.lock("v1", "destroy", call);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::cancelled);
}

TEST(NamedLocks, IsFreeAgainAfterAWaiterGaveUp) {
    NamedLocks locks("volume");
    CallContext past;
    past.deadline = Deadline::after(std::chrono::milliseconds(-1));
    {
        const auto held = locks.lock("v1", "create", {});
        EXPECT_FALSE(locks.lock("v1", "destroy", past).has_value());
    }
    EXPECT_TRUE(locks.lock("v1", "destroy", past).has_value()); // free: no waiting, so no deadline either
}

TEST(NamedLocks, ServesManyThreadsOneAtATime) {
    NamedLocks locks("volume");
    int unguarded = 0; // the thread sanitizer watches it
    {
        std::vector<std::jthread> threads;
        threads.reserve(8);
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i) {
                    const auto guard = locks.lock("v1", "create", {});
                    ++unguarded;
                }
            });
        }
    }
    EXPECT_EQ(unguarded, 1600);
}

} // namespace
} // namespace drover
