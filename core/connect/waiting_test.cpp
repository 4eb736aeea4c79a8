// How many connectors at once wait without standing in each other's way.
#include "core/connect/turns.hpp"
#include "core/connect/uevents.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

TEST(TurnsTest, NoMoreThanSoManyAtATime) {
    Turns turns(2);
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(8);
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 50; ++round) {
                    const auto turn = turns.take(Deadline::never());
                    const int now = ++running;
                    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);)
                        ;
                    std::this_thread::yield();
                    --running;
                }
            });
        }
    }
    EXPECT_LE(most, 2);
    EXPECT_EQ(running, 0);
}

TEST(TurnsTest, WhoGetsNoneInTimeIsTold) {
    Turns turns(1);
    auto first = turns.take(Deadline::never());
    ASSERT_TRUE(first);
    EXPECT_FALSE(turns.take(Deadline::after(10ms)));
    first.reset();
    EXPECT_TRUE(turns.take(Deadline::after(10ms)));
}

TEST(UeventsTest, ALookThatTookLongIsNotRepeatedAtOnce) {
    Uevents events;
    events.wait(Deadline::after(1ms));
    const auto began = Deadline::Clock::now();
    while (Deadline::Clock::now() - began < 250ms)
        ; // a look
    const auto waited = Deadline::Clock::now();
    events.wait(Deadline::never());
    EXPECT_GE(Deadline::Clock::now() - waited, 500ms);
}

} // namespace
} // namespace drover::connect
