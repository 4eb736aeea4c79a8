#include "core/volume/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace drover {
namespace {

using namespace std::chrono_literals;

// Reached by some number of threads, each of which waits there until it is opened.
class Gate {
public:
    void enter() {
        std::unique_lock lock(mutex_);
        ++inside_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    bool wait_for(int inside) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] { return inside_ >= inside; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int inside_ = 0;
    bool open_ = false;
};

TEST(Workers, JobsOfOneKeyRunInOrderAndOneAtATime) {
    Workers workers;
    std::vector<int> order;
    std::atomic<int> at_once = 0;
    std::atomic<bool> overlapped = false;
    std::promise<void> last;
    for (int i = 0; i < 200; ++i) {
        workers.post("a", "v", [&, i] {
            if (at_once.fetch_add(1) != 0)
                overlapped = true;
            order.push_back(i);
            at_once.fetch_sub(1);
            if (i == 199)
                last.set_value();
        });
    }
    ASSERT_EQ(last.get_future().wait_for(20s), std::future_status::ready);
    EXPECT_FALSE(overlapped);
    ASSERT_EQ(order.size(), 200U);
    for (int i = 0; i < 200; ++i)
        EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Workers, AHangingJobHoldsUpItsOwnKeyOnly) {
    Gate gate;
    std::promise<void> other;
    std::atomic<bool> second_ran = false;
    Workers workers;
    workers.post("a", "stuck", [&] { gate.enter(); });
    workers.post("a", "stuck", [&] { second_ran = true; });
    ASSERT_TRUE(gate.wait_for(1));
    workers.post("a", "free", [&] { other.set_value(); });
    EXPECT_EQ(other.get_future().wait_for(20s), std::future_status::ready);
    EXPECT_FALSE(second_ran);
    gate.open();
}

TEST(Workers, AFullLaneDoesNotTakeTheThreadsOfAnother) {
    Gate gate;
    std::promise<void> other;
    Workers workers(4);
    for (int i = 0; i < 8; ++i)
        workers.post("full", "v" + std::to_string(i), [&] { gate.enter(); });
    ASSERT_TRUE(gate.wait_for(4));
    workers.post("free", "v", [&] { other.set_value(); });
    EXPECT_EQ(other.get_future().wait_for(20s), std::future_status::ready);
    gate.open();
    EXPECT_TRUE(gate.wait_for(8)); // the rest got its turn
}

TEST(Workers, DelayedJobsRunInTheOrderOfTheirTimes) {
    std::mutex mutex;
    std::vector<std::string> order;
    std::promise<void> all;
    Workers workers;
    const auto note = [&](const std::string &name) {
        const std::lock_guard lock(mutex);
        order.push_back(name);
        if (order.size() == 3)
            all.set_value();
    };
    workers.post_after(60ms, "a", "v", [&] { note("late"); });
    workers.post_after(5ms, "a", "v", [&] { note("early"); });
    workers.post("a", "v", [&] { note("now"); });
    ASSERT_EQ(all.get_future().wait_for(20s), std::future_status::ready);
    EXPECT_EQ(order, (std::vector<std::string>{"now", "early", "late"}));
}

TEST(Workers, StoppingWaitsForWhatRunsAndDropsWhatWaits) {
    Gate gate;
    std::atomic<int> ran = 0;
    Workers workers;
    workers.post("a", "v", [&] {
        gate.enter();
        ++ran;
    });
    workers.post("a", "v", [&] { ++ran; });
    workers.post_after(1h, "a", "w", [&] { ++ran; });
    ASSERT_TRUE(gate.wait_for(1));
    EXPECT_FALSE(workers.stop(1ms)); // it still runs
    gate.open();
    EXPECT_TRUE(workers.stop(20s));
    EXPECT_EQ(ran, 1);
    workers.post("a", "v", [&] { ++ran; });
    EXPECT_EQ(ran, 1);
}

TEST(Workers, StoppingStillRunsWhatWasPromised) {
    Gate gate;
    std::atomic<int> promised = 0;
    std::atomic<int> dropped = 0;
    Workers workers(1);
    const auto count = [&](std::atomic<int> &counter) { return [&counter] { ++counter; }; };
    workers.post("a", "v", [&] { gate.enter(); });
    workers.post("a", "v", count(dropped)); // before, behind and beside it
    workers.post("a", "v", count(promised), AtStop::run);
    workers.post("a", "v", count(dropped));
    workers.post("a", "w", count(dropped));
    workers.post("a", "x", count(promised), AtStop::run);
    ASSERT_TRUE(gate.wait_for(1));
    EXPECT_FALSE(workers.stop(1ms));
    EXPECT_EQ(workers.pending(), 3U); // the one that runs, and the two promised
    gate.open();
    EXPECT_TRUE(workers.stop(20s));
    EXPECT_EQ(promised, 2);
    EXPECT_EQ(dropped, 0);
    EXPECT_EQ(workers.pending(), 0U);
}

TEST(Workers, ManyKeysFromManyThreadsAllRun) {
    std::atomic<int> ran = 0;
    std::promise<void> all;
    {
        Workers workers(16);
        std::vector<std::thread> posters;
        posters.reserve(4);
        for (int t = 0; t < 4; ++t) {
            posters.emplace_back([&, t] {
                for (int i = 0; i < 500; ++i) {
                    workers.post("a", std::to_string((i + t) % 50), [&] {
                        if (++ran == 2000)
                            all.set_value();
                    });
                }
            });
        }
        for (auto &poster : posters)
            poster.join();
        ASSERT_EQ(all.get_future().wait_for(30s), std::future_status::ready);
    }
    EXPECT_EQ(ran, 2000);
}

} // namespace
} // namespace drover
