#include "core/agent/driver_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <sstream>

namespace drover {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

// A log whose lines the test reads, and whose clock it moves.
struct DriverLogTest : ::testing::Test {
    DriverLogTest() {
        auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
        auto logger = std::make_shared<spdlog::logger>("test", sink);
        logger->set_pattern("%v");
        logger->set_level(spdlog::level::info);
        before = spdlog::default_logger();
        spdlog::set_default_logger(logger);
        log.set_later([this](std::chrono::nanoseconds delay, std::function<void()> call) {
            due = now + delay;
            later = std::move(call);
        });
    }
    ~DriverLogTest() override { spdlog::set_default_logger(before); }
    DriverLogTest(const DriverLogTest &) = delete;
    DriverLogTest &operator=(const DriverLogTest &) = delete;

    void flood(const char *backend, int lines) {
        for (int i = 0; i < lines; ++i)
            log.log(backend, LogLevel::info, "nobody needs this");
    }
    int lines_with(const std::string &wanted) const {
        std::istringstream all(text.str());
        int found = 0;
        for (std::string line; std::getline(all, line);)
            found += line.find(wanted) != std::string::npos ? 1 : 0;
        return found;
    }

    std::ostringstream text;
    std::shared_ptr<spdlog::logger> before;
    LogBudget::Time now{std::chrono::hours(1)};
    LogBudget::Time due;
    std::function<void()> later;
    DriverLog log{[this] { return now; }};
};

TEST_F(DriverLogTest, PassesOnWhatADriverSays) {
    log.log("gold", LogLevel::warn, "the pool is nearly full");
    EXPECT_EQ(text.str(), "backend gold: the pool is nearly full\n");
}

TEST_F(DriverLogTest, LeavesOutAFloodAndCountsIt) {
    flood("gold", 20000);
    EXPECT_EQ(lines_with("nobody needs this"), 2000);
    EXPECT_EQ(lines_with("backend gold: its driver floods the log; lines are left out for 1 s"), 1);
    EXPECT_EQ(due, now + std::chrono::seconds(1));
    flood("silver", 1); // another one has its own
    EXPECT_EQ(lines_with("backend silver: nobody needs this"), 1);
    now = due;
    later();
    EXPECT_EQ(lines_with("backend gold: 18000 lines of its driver left out"), 1);
    flood("gold", 300); // a second's worth
    EXPECT_EQ(lines_with("backend gold: nobody needs this"), 2100);
    EXPECT_EQ(lines_with("floods the log"), 2);
}

TEST_F(DriverLogTest, TellsItWithTheNextLineToo) {
    flood("gold", 2001);
    now += milliseconds(1500); // later() is late
    log.log("gold", LogLevel::error, "still here");
    EXPECT_THAT(text.str(), HasSubstr("backend gold: 1 lines of its driver left out\n"
                                      "backend gold: still here\n"));
    later();
    EXPECT_EQ(lines_with("left out\n"), 0);
    EXPECT_EQ(lines_with("of its driver left out"), 1);
}

TEST_F(DriverLogTest, DoesNotTouchWhoWritesALittle) {
    for (int i = 0; i < 10000; ++i, now += milliseconds(10))
        log.log("gold", LogLevel::info, "a call took long");
    EXPECT_EQ(lines_with("a call took long"), 10000);
    EXPECT_THAT(text.str(), Not(HasSubstr("left out")));
}

} // namespace
} // namespace drover
