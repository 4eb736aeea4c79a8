// What the driver's process may not do, and what its agent is spared.
#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

namespace drover {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::OpenFixture;

std::string process_of(Driver &driver) {
    auto who = driver.get({}, "who");
    return who ? who->attributes.at("process") : who.error().message;
}

std::string text_of(const std::string &file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

TEST(Limits, TheProcessIsClosedIn) {
    ASSERT_EQ(::setenv("DROVER_TEST_SECRET", "hunter22", 1), 0);
    OpenFixture f;
    const std::string folder = "/proc/" + process_of(*f.driver);
    EXPECT_THAT(text_of(folder + "/environ"), Not(HasSubstr("hunter22")));
    const std::string status = text_of(folder + "/status");
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
    EXPECT_THAT(text_of(folder + "/limits"), ::testing::ContainsRegex("Max core file size +0 "));
    std::set<std::string> kinds;
    for (const auto &entry : std::filesystem::directory_iterator(folder + "/fd")) {
        const std::string target = std::filesystem::read_symlink(entry.path());
        kinds.insert(target.substr(0, target.find(':')));
    }
    EXPECT_EQ(kinds, (std::set<std::string>{"/dev/null", "pipe", "socket"}));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Limits, AnEndlessLeakFindsItsEnd) {
    OpenFixture f;
    const auto leak = f.driver->get({}, "fault-leak");
    ASSERT_FALSE(leak.has_value());
    EXPECT_THAT(leak.error().message, HasSubstr("no memory after 1"));
    EXPECT_TRUE(f.driver->probe({}).has_value());
}
#endif

TEST(Limits, FloodsAndPrintedLinesAreTakenIn) {
    OpenFixture f;
    ::testing::internal::CaptureStdout();
    EXPECT_TRUE(f.driver->get({}, "fault-print").has_value());
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
    EXPECT_TRUE(f.driver->get({}, "fault-flood").has_value());
    EXPECT_EQ(f.host.lines().size(), 20000U);
}

TEST(Limits, ManyCallsAtATimeEachGetTheirOwnAnswer) {
    OpenFixture f;
    constexpr int kThreads = 100; // more than there are lanes
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    std::atomic<int> wrong = 0;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const std::string id = std::to_string(t) + "-" + std::to_string(i);
                auto got = f.driver->get({.request_id = id}, id);
                if (!got || got->id != id || got->attributes["request"] != id)
                    ++wrong;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

TEST(Limits, NothingIsLeftOfAClosedDriver) {
    std::string process;
    {
        OpenFixture f;
        process = process_of(*f.driver);
        EXPECT_TRUE(std::filesystem::exists("/proc/" + process));
        f.driver.reset();
        EXPECT_FALSE(std::filesystem::exists("/proc/" + process));
        EXPECT_EQ(f.host.messages(), std::vector<std::string>{"closed"});
    }
}

} // namespace
} // namespace drover
