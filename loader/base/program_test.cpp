#include "loader/base/program.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

Program shell(const std::string &script) {
    return {.file = "/bin/sh", .arguments = {"-c", script}, .package = "dash"};
}

TEST(ProgramTest, GivesExitCodeAndBothOutputs) {
    auto result = run_program(shell("echo out; echo err >&2; exit 3"), Deadline::never());
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->exit_code, 3);
    EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(ProgramTest, InheritsNothingButAnEmptyInput) {
    ASSERT_EQ(::setenv("DROVER_TEST_SECRET", "s3cret", 1), 0);
    const int fd = ::open("/dev/null", O_RDONLY); // without O_CLOEXEC
    auto result = run_program(shell("cat; ls /proc/self/fd | wc -l; env"), Deadline::after(30s));
    ::close(fd);
    ASSERT_TRUE(result.has_value());
    EXPECT_THAT(result->output, testing::StartsWith("4\n")); // 0, 1, 2 and ls's own
    EXPECT_THAT(result->output, testing::Not(HasSubstr("s3cret")));
    EXPECT_THAT(result->output, HasSubstr("LC_ALL=C"));
}

TEST(ProgramTest, KeepsTheEndOfALongOutput) {
    auto result = run_program(shell("i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done"),
                              Deadline::after(60s));
    ASSERT_TRUE(result.has_value());
    EXPECT_LE(result->output.size(), 16U * 1024);
    EXPECT_THAT(result->output, testing::EndsWith("line 8999\n"));
}

TEST(ProgramTest, IsKilledAtTheDeadlineWithItsChildren) {
    auto result = run_program(shell("sleep 1000 & echo child $!; wait"), Deadline::after(300ms));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::deadline);
    EXPECT_TRUE(result.error().state_unknown);
    EXPECT_THAT(result.error().message, AllOf(HasSubstr("sh was killed"), HasSubstr("child ")));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a zombie is left";

    const int child = std::atoi(result.error().message.c_str() + result.error().message.find("child ") + 6);
    ASSERT_GT(child, 0);
    // Killed with the group; its new parent reaps it at its own pace.
    const std::string state = "/proc/" + std::to_string(child) + "/stat";
    const auto limit = Deadline::after(20s);
    bool alive = true;
    while (alive && !limit.has_passed()) {
        char text[256] = {};
        const int fd = ::open(state.c_str(), O_RDONLY | O_CLOEXEC);
        alive = fd >= 0 && ::read(fd, text, sizeof text - 1) > 0 &&
                std::string(text).find(") Z") == std::string::npos;
        ::close(fd);
    }
    EXPECT_FALSE(alive);
}

TEST(ProgramTest, AChildThatKeepsTheOutputOpenIsNotWaitedFor) {
    auto result = run_program(shell("sleep 1000 & echo done"), Deadline::after(30s));
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->output, "done\n");
}

TEST(ProgramTest, WhatIsNotInstalledIsNamedWithItsPackage) {
    auto result =
        run_program({.file = "/usr/sbin/mkfs.none", .arguments = {}, .package = "nonefs"}, Deadline::never());
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::unsupported);
    EXPECT_THAT(result.error().message,
                AllOf(HasSubstr("/usr/sbin/mkfs.none"), HasSubstr("install the package nonefs")));
}

TEST(ProgramTest, ASignalIsAnError) {
    auto result = run_program(shell("kill -SEGV $$"), Deadline::never());
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("signal 11"));
}

TEST(ProgramTest, LastLinesAreOneLineOfPlainText) {
    EXPECT_EQ(last_lines("\n one\r\n\ntwo\x1b[0m\n"), " one; two [0m");
    EXPECT_LE(last_lines(std::string(5000, 'x')).size(), 400U);
}

} // namespace
} // namespace drover
