// What a driver in a process of its own does to that process, and what its callers see of it.
#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <future>

namespace drover {
namespace {

using ::testing::HasSubstr;
using testing::OpenFixture;
using testing::quick_isolation;
using testing::try_open_isolated;
using testing::with;

struct Death : ::testing::Test {
    Error failure(std::string_view id, const CallContext &call = {}) const {
        auto result = f.driver->get(call, id);
        return result ? Error{.message = "succeeded"} : result.error();
    }
    // Of the driver's process of now.
    std::string process() const {
        auto who = f.driver->get({}, "who");
        return who ? who->attributes.at("process") : who.error().message;
    }
    OpenFixture f;
};

CallContext within(std::chrono::milliseconds duration) {
    return {.deadline = Deadline::after(duration)};
}

TEST_F(Death, ACrashIsToldAndTheNextCallWorks) {
    const std::string before = process();
    EXPECT_NE(before, std::to_string(::getpid()));
    const Error crash = failure("fault-crash");
    EXPECT_EQ(crash.code, Code::gone);
    EXPECT_TRUE(crash.retryable);
    EXPECT_FALSE(crash.state_unknown); // get changes nothing
    EXPECT_EQ(crash.message, "get: the driver's process (pid " + before +
                                 ") was killed by signal 11 (Segmentation fault) while it ran get");
    const std::string after = process();
    EXPECT_NE(after, before);
    EXPECT_THAT(failure("fault-exit").message, HasSubstr("ended with exit status 7"));
    EXPECT_THAT(
        failure("fault-last-words").message,
        HasSubstr("(Aborted) while it ran get; it printed last: first line the array spoke in tongues"));
    EXPECT_TRUE(f.driver->probe({}).has_value());
}

TEST_F(Death, AChangeThatWasUnderWayIsInDoubt) {
    for (const auto &result :
         {f.driver->create({}, {.id = "fault-crash"}).map([](auto &&) {}),
          f.driver->destroy({}, "fault-crash"),
          f.driver->detach({}, {.volume_id = "fault-crash", .node = {.id = "n"}}),
          f.driver->attach({}, {.volume_id = "fault-crash", .node = {.id = "n"}}).map([](auto &&) {})}) {
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, Code::gone);
        EXPECT_TRUE(result.error().state_unknown);
        EXPECT_TRUE(result.error().retryable);
    }
}

TEST_F(Death, AHangCostsTheProcessAtTheDeadlineAndTheGrace) {
    for (const char *how : {"fault-hang", "fault-spin", "fault-lie", "fault-close"}) {
        const auto began = std::chrono::steady_clock::now();
        const Error error = failure(how, within(std::chrono::milliseconds(50)));
        EXPECT_EQ(error.code, Code::gone) << how;
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5)) << how;
        EXPECT_THAT(error.message, HasSubstr("was stopped by the agent because")) << how;
        EXPECT_TRUE(f.driver->probe({}).has_value()) << how;
    }
    EXPECT_THAT(failure("fault-hang", within(std::chrono::milliseconds(10))).message,
                HasSubstr("because get did not end within 0.3 s after its deadline or cancellation while it "
                          "ran get"));
    EXPECT_THAT(failure("fault-lie").message, HasSubstr("it sent what is no message"));
    EXPECT_THAT(failure("fault-close").message, HasSubstr("it closed its connection to the agent"));
}

TEST_F(Death, ACancelledCallEndsToo) {
    CancelSource source;
    std::promise<void> entered;
    const ProgressFn progress = [&](unsigned, std::string_view) { entered.set_value(); };
    const CallContext call{.cancel = &source, .progress = &progress};
    const std::string before = process();
    auto blocked = std::async(std::launch::async, [&] { return failure("block", call); });
    entered.get_future().wait();
    source.cancel();
    EXPECT_EQ(blocked.get().message, "stopped while blocking");
    EXPECT_EQ(process(), before);

    CancelSource second;
    auto hanging = std::async(std::launch::async, [&] { return failure("fault-hang", {.cancel = &second}); });
    second.cancel();
    const Error error = hanging.get(); // cancelled before it began, or killed
    EXPECT_TRUE(error.code == Code::gone || error.code == Code::cancelled) << error.message;
}

// A child of the driver's process holds the sockets open, and hangs for ever.
TEST_F(Death, AForkedChildHidesNothing) {
    EXPECT_THAT(failure("fault-fork").message, HasSubstr("was killed by signal 9"));
    EXPECT_TRUE(f.driver->probe({}).has_value());
}

TEST_F(Death, OtherCallsOfTheProcessEndAtOnce) {
    std::promise<void> entered;
    const ProgressFn progress = [&](unsigned, std::string_view) { entered.set_value(); };
    auto blocked = std::async(std::launch::async,
                              [&] { return f.driver->create({.progress = &progress}, {.id = "block"}); });
    entered.get_future().wait();
    EXPECT_THAT(failure("fault-crash").message, HasSubstr("while it ran "));
    const auto result = blocked.get();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::gone);
    EXPECT_TRUE(result.error().state_unknown);
    EXPECT_THAT(result.error().message, HasSubstr("create"));
}

TEST(Restart, IsOfAFileThatMayBeStarted) {
    testing::DriverFolder folder;
    testing::RecordingHost host;
    std::atomic<bool> is_replaced = false;
    auto options = quick_isolation();
    options.may_start = [&](const std::filesystem::path &file) -> Result<void> {
        EXPECT_EQ(file, folder.file("good"));
        if (is_replaced)
            return fail(Code::invalid, "it is another file");
        return {};
    };
    auto driver = try_open_isolated(folder, "good", host, {}, {}, options);
    ASSERT_TRUE(driver.has_value()) << driver.error().message;
    is_replaced = true;
    EXPECT_TRUE((*driver)->probe({}).has_value()); // it runs on
    EXPECT_THAT((*driver)->get({}, "fault-crash").error().message, HasSubstr("was killed by signal 11"));
    const auto refused = (*driver)->create({}, {.id = "v"});
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, HasSubstr("it is another file"));
    EXPECT_FALSE(refused.error().state_unknown); // it never began
    is_replaced = false;
    EXPECT_TRUE((*driver)->probe({}).has_value());
}

TEST(Breaker, OpensAfterACrashLoopAndCloses) {
    testing::DriverFolder folder;
    testing::RecordingHost host;
    auto options = quick_isolation();
    options.quick_starts = 2;
    options.first_pause = std::chrono::minutes(5);
    options.longest_pause = std::chrono::minutes(5);
    auto driver = try_open_isolated(folder, "good", host, {}, {}, options);
    ASSERT_TRUE(driver.has_value()) << driver.error().message;
    for (int i = 0; i < 3; ++i)
        EXPECT_THAT((*driver)->get({}, "fault-crash").error().message, HasSubstr("was killed by signal 11"));
    const auto refused = (*driver)->create({}, {.id = "v"});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::gone);
    EXPECT_FALSE(refused.error().state_unknown); // it never began
    EXPECT_GT(refused.error().retry_after, std::chrono::minutes(4));
    EXPECT_THAT(refused.error().message,
                HasSubstr("ended 3 times in a row before it answered, the last time like this: "));
}

TEST(Breaker, AnswersBetweenCrashesKeepItClosed) {
    testing::DriverFolder folder;
    testing::RecordingHost host;
    auto options = quick_isolation();
    options.quick_starts = 1;
    options.first_pause = std::chrono::minutes(5);
    auto driver = try_open_isolated(folder, "good", host, {}, {}, options);
    ASSERT_TRUE(driver.has_value()) << driver.error().message;
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE((*driver)->probe({}).has_value()) << i;
        EXPECT_THAT((*driver)->get({}, "fault-crash").error().message, HasSubstr("was killed by signal 11"));
    }
}

TEST(IsolatedOpen, WhatGoesWrongInOpenIsTold) {
    testing::DriverFolder folder;
    testing::RecordingHost host;
    const auto refusal = [&](const char *how, const CallContext &call = {}) {
        auto opened = try_open_isolated(folder, "good", host, with("opening", how), call);
        return opened ? std::string("opened") : opened.error().message;
    };
    EXPECT_THAT(refusal("fault-crash"), HasSubstr("open: the driver's process"));
    EXPECT_THAT(refusal("fault-crash"), HasSubstr("killed by signal 11"));
    EXPECT_THAT(refusal("fault-hang", within(std::chrono::milliseconds(30))),
                HasSubstr("because open did not end within 0.3 s"));
}

TEST(IsolatedOpen, WhatCannotBeLoadedIsRefusedAsInProcess) {
    testing::DriverFolder folder;
    testing::RecordingHost host;
    Catalog catalog(folder.path());
    for (const char *fixture :
         {"no-entry", "wrong-major", "bad-name", "null-slot", "unresolved", "bad-major"}) {
        folder.put(fixture);
        const auto here = catalog.load(fixture);
        const auto there = try_open_isolated(folder, fixture, host);
        ASSERT_FALSE(here.has_value() || there.has_value()) << fixture;
        EXPECT_EQ(there.error().message, here.error().message);
        EXPECT_EQ(there.error().code, here.error().code) << fixture;
    }
    const auto throws = try_open_isolated(folder, "throws", host);
    ASSERT_TRUE(throws.has_value());
    EXPECT_THAT((*throws)->probe({}).error().message, HasSubstr("a driver must not throw"));
}

TEST(IsolatedOpen, NoHostProgramIsASentence) {
    testing::DriverFolder folder;
    testing::RecordingHost host;
    auto options = quick_isolation();
    options.program = "/nowhere/drover-driver-host";
    const auto opened = try_open_isolated(folder, "good", host, {}, {}, options);
    ASSERT_FALSE(opened.has_value());
    EXPECT_THAT(opened.error().message, HasSubstr("/nowhere/drover-driver-host cannot be started for "));
    EXPECT_THAT(opened.error().message, HasSubstr("No such file"));
}

} // namespace
} // namespace drover
