#include "loader/base/child_call.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

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

} // namespace
} // namespace drover
