#include "loader/services/timers.hpp"

#include <gmock/gmock.h>

#include <future>
#include <vector>

namespace drover {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;

DriverTimers::Clock::time_point now() {
    return DriverTimers::Clock::now();
}

// Fulfils the promise it is given.
void ring(void *data) {
    static_cast<std::promise<void> *>(data)->set_value();
}

TEST(DriverTimers, FireAtTheirTimesInOrder) {
    DriverTimers timers;
    struct Seen {
        std::vector<int> *all;
        int number;
    };
    std::vector<int> all;
    const auto note = [](void *data) {
        auto &seen = *static_cast<Seen *>(data);
        seen.all->push_back(seen.number);
    };
    Seen first{&all, 1};
    Seen second{&all, 2};
    Seen third{&all, 3};
    std::promise<void> done;
    const auto begin = now();
    const auto step = std::chrono::milliseconds(2);
    ASSERT_TRUE(timers.set(begin + 2 * step, &third, note).has_value());
    ASSERT_TRUE(timers.set(begin, &first, note).has_value());
    ASSERT_TRUE(timers.set(begin + step, &second, note).has_value());
    ASSERT_TRUE(timers.set(begin + 3 * step, &done, ring).has_value());
    timers.start();
    done.get_future().wait();
    EXPECT_GE(now(), begin + 3 * step);
    EXPECT_THAT(all, ElementsAre(1, 2, 3));
}

TEST(DriverTimers, NoneFiresBeforeTheStartNorAfterTheStop) {
    std::promise<void> rang;
    auto future = rang.get_future();
    {
        DriverTimers timers;
        ASSERT_TRUE(timers.set(now() - hours(1), &rang, ring).has_value());
        timers.stop();
        timers.start();
        EXPECT_EQ(timers.set(now(), &rang, ring).error().code, Code::cancelled);
    }
    EXPECT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
}

TEST(DriverTimers, ACancelledOneNeverFires) {
    DriverTimers timers;
    timers.start();
    std::promise<void> never;
    const auto timer = timers.set(now() + hours(1), &never, ring);
    ASSERT_TRUE(timer.has_value());
    EXPECT_NE(*timer, 0U);
    EXPECT_TRUE(timers.cancel(*timer));
    EXPECT_FALSE(timers.cancel(*timer));
    EXPECT_FALSE(timers.cancel(0));
    EXPECT_FALSE(timers.cancel(77));
}

struct Slow {
    std::promise<void> begun;
    std::promise<void> may_end;
    std::atomic<bool> has_ended = false;
};

TEST(DriverTimers, CancelWaitsForOneThatRuns) {
    DriverTimers timers;
    timers.start();
    Slow slow;
    const auto timer = timers.set(now(), &slow, [](void *data) {
        auto &self = *static_cast<Slow *>(data);
        self.begun.set_value();
        self.may_end.get_future().wait();
        self.has_ended = true;
    });
    ASSERT_TRUE(timer.has_value());
    slow.begun.get_future().wait();
    auto cancelled = std::async(std::launch::async, [&] {
        const bool before = timers.cancel(*timer);
        return std::pair(before, slow.has_ended.load());
    });
    slow.may_end.set_value();
    EXPECT_EQ(cancelled.get(), std::pair(false, true));
}

TEST(DriverTimers, OneMaySetAndCancelFromInside) {
    DriverTimers timers;
    timers.start();
    struct Chain {
        DriverTimers *timers;
        std::uint64_t self = 0;
        std::atomic<int> left = 3;
        std::promise<void> done = {};
        static void fire(void *data) {
            auto &chain = *static_cast<Chain *>(data);
            EXPECT_FALSE(chain.timers->cancel(chain.self)); // does not wait for itself
            if (--chain.left == 0) {
                chain.done.set_value();
            } else {
                chain.self = *chain.timers->set(now(), &chain, fire);
            }
        }
    };
    Chain chain{.timers = &timers};
    ASSERT_TRUE(timers.set(now(), &chain, Chain::fire).has_value());
    chain.done.get_future().wait();
}

TEST(DriverTimers, ThereIsALimit) {
    DriverTimers timers;
    for (std::size_t i = 0; i < DriverTimers::kMost; ++i)
        ASSERT_TRUE(timers.set(now() + hours(1), nullptr, ring).has_value());
    EXPECT_EQ(timers.set(now(), nullptr, ring).error().code, Code::no_space);
}

} // namespace
} // namespace drover
