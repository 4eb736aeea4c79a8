#include "loader/base/child_call.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace drover {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(ChildCallTest, GivesBackTheTextAlsoALongOne) {
    const std::string text(300000, 'x');
    EXPECT_EQ(call_in_child("testing", Deadline::never(), [&] { return Result<std::string>(text); }).value(),
              text);
}

TEST(ChildCallTest, GivesBackAnErrorAsItWas) {
    auto result = call_in_child("testing", Deadline::never(), []() -> Result<std::string> {
        return fail_retryable(Code::conflict, "it is busy");
    });
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::conflict);
    EXPECT_EQ(result.error().message, "it is busy");
    EXPECT_TRUE(result.error().retryable);
    EXPECT_FALSE(result.error().state_unknown);
}

TEST(ChildCallTest, AHangEndsAtTheDeadlineAndLeavesNoChild) {
    auto result = call_in_child("reading /dev/dead", Deadline::after(50ms), []() -> Result<std::string> {
        for (;;)
            ::poll(nullptr, 0, -1);
    });
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::deadline);
    EXPECT_TRUE(result.error().state_unknown);
    EXPECT_THAT(result.error().message, HasSubstr("reading /dev/dead took too long"));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(ChildCallTest, ACrashIsAnErrorOfUnknownState) {
    auto result = call_in_child("testing", Deadline::never(), []() -> Result<std::string> {
        ::raise(SIGKILL);
        return std::string();
    });
    ASSERT_FALSE(result.has_value());
    EXPECT_TRUE(result.error().state_unknown);
    EXPECT_THAT(result.error().message, HasSubstr("without an answer"));
}

TEST(ChildCallTest, AnExceptionIsAnError) {
    auto result = call_in_child("testing", Deadline::never(),
                                []() -> Result<std::string> { throw std::runtime_error("broken"); });
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::internal);
    EXPECT_EQ(result.error().message, "broken");
}

TEST(ChildCallTest, TheChildKeepsNoDescriptorOfTheCaller) {
    const int fd = ::open("/dev/null", O_RDONLY);
    ASSERT_GE(fd, 0);
    auto result = call_in_child("testing", Deadline::never(), [&]() -> Result<std::string> {
        return std::string(::fcntl(fd > 3 ? fd : 4, F_GETFD) < 0 ? "closed" : "open");
    });
    EXPECT_EQ(result.value(), "closed");
    ::close(fd);
}

// ---- Kept children. Each test takes the one that the test before it left, so each proves it good as well.
// ----

Result<std::string> echo(std::string_view arguments) {
    return std::string(arguments);
}
Result<std::string> own_pid(std::string_view /*arguments*/) {
    return std::to_string(::getpid());
}
Result<std::string> hang(std::string_view /*arguments*/) {
    for (;;)
        ::poll(nullptr, 0, -1);
}
Result<std::string> die(std::string_view /*arguments*/) {
    ::raise(SIGKILL);
    return std::string();
}

std::string kept_pid() {
    return call_in_kept_child("testing", Deadline::never(), &own_pid, "").value();
}

TEST(KeptChildTest, GivesBackWhatTheFunctionMakesOfItsArguments) {
    const std::string text(300000, 'x');
    EXPECT_EQ(call_in_kept_child("testing", Deadline::never(), &echo, text).value(), text);
    EXPECT_EQ(call_in_kept_child("testing", Deadline::never(), &echo, "").value(), "");
}

TEST(KeptChildTest, IsAnotherProcessAndTheSameOneTheNextTime) {
    const std::string first = kept_pid();
    EXPECT_NE(first, std::to_string(::getpid()));
    EXPECT_EQ(kept_pid(), first);
}

TEST(KeptChildTest, ThoseStartedBeforehandAreUsed) {
    ASSERT_TRUE(start_kept_children(2).has_value());
    ASSERT_TRUE(start_kept_children(2).has_value());
    auto first = begin_in_kept_child("testing", Deadline::never(), &own_pid, "");
    auto second = begin_in_kept_child("testing", Deadline::never(), &own_pid, "");
    ASSERT_TRUE(first.has_value() && second.has_value());
    const std::string other = second->wait().value();
    EXPECT_NE(first->wait().value(), other);
}

TEST(KeptChildTest, OneThatNobodyWaitsForIsGivenUp) {
    const std::string first = kept_pid();
    ASSERT_TRUE(begin_in_kept_child("testing", Deadline::never(), &hang, "").has_value());
    EXPECT_NE(kept_pid(), first);
}

TEST(KeptChildTest, AnErrorAndAnExceptionKeepIt) {
    const std::string first = kept_pid();
    auto failed = call_in_kept_child(
        "testing", Deadline::never(),
        [](std::string_view what) -> Result<std::string> {
            return fail_retryable(Code::conflict, std::string(what));
        },
        "it is busy");
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code, Code::conflict);
    EXPECT_EQ(failed.error().message, "it is busy");
    EXPECT_TRUE(failed.error().retryable);
    auto threw = call_in_kept_child(
        "testing", Deadline::never(),
        [](std::string_view) -> Result<std::string> { throw std::runtime_error("broken"); }, "");
    EXPECT_EQ(threw.error().message, "broken");
    EXPECT_EQ(kept_pid(), first);
}

TEST(KeptChildTest, OneThatHangsIsKilledAtTheDeadlineAndReplaced) {
    const std::string first = kept_pid();
    auto result = call_in_kept_child("reading /dev/dead", Deadline::after(50ms), &hang, "");
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::deadline);
    EXPECT_TRUE(result.error().state_unknown);
    EXPECT_THAT(result.error().message, HasSubstr("reading /dev/dead took too long"));
    EXPECT_NE(kept_pid(), first);
    EXPECT_EQ(::kill(std::stoi(first), 0), -1) << "it is left";
}

TEST(KeptChildTest, OneThatDiesInACallIsAnErrorOfUnknownState) {
    auto result = call_in_kept_child("testing", Deadline::never(), &die, "");
    ASSERT_FALSE(result.has_value());
    EXPECT_TRUE(result.error().state_unknown);
    EXPECT_THAT(result.error().message, HasSubstr("without an answer"));
    EXPECT_EQ(call_in_kept_child("testing", Deadline::never(), &echo, "on").value(), "on");
}

TEST(KeptChildTest, OneThatDiedBetweenCallsIsReplacedUnseen) {
    const pid_t first = std::stoi(kept_pid());
    ::kill(first, SIGKILL);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(first), &ended, WEXITED | WNOWAIT), 0);
    EXPECT_NE(kept_pid(), std::to_string(first));
}

TEST(KeptChildTest, KeepsNoDescriptorOfTheCallerAndAnswersManyThreads) {
    const int fd = ::open("/dev/null", O_RDONLY);
    std::vector<std::thread> callers;
    callers.reserve(16);
    std::atomic<int> good = 0;
    for (int i = 0; i < 16; ++i) {
        callers.emplace_back([&, i] {
            const auto open = [](std::string_view number) -> Result<std::string> {
                return std::string(::fcntl(std::stoi(std::string(number)), F_GETFD) < 0 ? "closed" : "open");
            };
            const auto text = std::to_string(i);
            const auto at = std::to_string(std::max(fd, 4));
            for (int round = 0; round < 50; ++round) {
                if (call_in_kept_child("testing", Deadline::never(), &echo, text).value() == text &&
                    call_in_kept_child("testing", Deadline::never(), open, at).value() == "closed")
                    ++good;
            }
        });
    }
    for (auto &caller : callers)
        caller.join();
    EXPECT_EQ(good, 16 * 50);
    ::close(fd);
}

TEST(KeptChildTest, AForkOfTheProcessLeavesItsParentsChildrenAlone) {
    const std::string ours = kept_pid();
    auto theirs = call_in_child("testing", Deadline::never(), [] { return Result<std::string>(kept_pid()); });
    EXPECT_NE(theirs.value(), ours);
    EXPECT_EQ(kept_pid(), ours);
}

TEST(FieldsTest, AnyBytesComeBackAndForeignTextIsNothing) {
    using testing::ElementsAre;
    using testing::IsEmpty;
    const std::string odd("a\0b:3:", 6);
    EXPECT_THAT(split_fields(join_fields({"", odd, "12:"})), ElementsAre("", odd, "12:"));
    EXPECT_THAT(split_fields(""), IsEmpty());
    for (const char *text : {"x", "5:abc", "3abc", ":abc", "-1:a", "99999999999999999999:a", "1:ab"})
        EXPECT_THAT(split_fields(text), IsEmpty()) << text;
}

} // namespace
} // namespace drover
