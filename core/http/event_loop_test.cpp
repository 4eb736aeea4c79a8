#include "core/http/event_loop.hpp"
#include "core/http/testing/loop_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>

namespace drover::http {
namespace {

using testing::LoopThread;

TEST(EventLoop, calls_at_the_time_and_not_before) {
    LoopThread loop;
    std::promise<std::chrono::steady_clock::time_point> called;
    const auto begin = std::chrono::steady_clock::now();
    const auto timer = loop.loop().after(std::chrono::milliseconds(20),
                                         [&] { called.set_value(std::chrono::steady_clock::now()); });
    EXPECT_GE(called.get_future().get() - begin, std::chrono::milliseconds(20));
}

TEST(EventLoop, does_not_call_what_was_cancelled) {
    LoopThread loop;
    std::atomic<int> calls = 0;
    auto cancelled = loop.loop().after(std::chrono::milliseconds(5), [&] { ++calls; });
    cancelled.cancel();
    {
        const auto dropped = loop.loop().after(std::chrono::milliseconds(5), [&] { ++calls; });
    }
    auto replaced = loop.loop().after(std::chrono::milliseconds(5), [&] { ++calls; });
    std::promise<void> later;
    replaced = loop.loop().after(std::chrono::milliseconds(30), [&] { later.set_value(); });
    later.get_future().get();
    EXPECT_EQ(calls, 0);
}

TEST(EventLoop, lets_timers_outlive_it) {
    Timer timer;
    {
        EventLoop loop;
        timer = loop.after(std::chrono::hours(1), [] {});
    }
    timer.cancel();
}

TEST(EventLoop, stops_before_it_runs) {
    EventLoop loop;
    loop.stop();
    loop.run();
}

TEST(EventLoop, catches_signals_each_time) {
    EventLoop loop;
    int caught = 0;
    loop.on_signals({SIGUSR1}, [&](int signal) {
        EXPECT_EQ(signal, SIGUSR1);
        if (++caught == 2) {
            loop.stop();
        } else {
            std::raise(SIGUSR1);
        }
    });
    loop.post([] { std::raise(SIGUSR1); });
    loop.run();
    EXPECT_EQ(caught, 2);
}

} // namespace
} // namespace drover::http
