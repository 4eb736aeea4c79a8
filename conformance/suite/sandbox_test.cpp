#include "conformance/suite/sandbox.hpp"
#include "loader/base/unique_fd.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;

SandboxEnd run(const std::string &script, std::chrono::nanoseconds limit = seconds(60), int stop_fd = -1) {
    auto end = run_in_sandbox(
        {.program = "/bin/sh", .arguments = {"-c", script}, .limit = limit, .stop_fd = stop_fd});
    EXPECT_TRUE(end) << end.error().message;
    return end ? *end : SandboxEnd{};
}

TEST(Sandbox, TellsTheExitStatusAndTheResult) {
    const auto end = run("echo result >&3; exit 3");
    EXPECT_EQ(end.how, SandboxEnd::How::exited);
    EXPECT_EQ(end.code, 3);
    EXPECT_EQ(end.result, "result\n");
    EXPECT_EQ(describe(end), "exit status 3");
}

TEST(Sandbox, TellsTheSignalAndTheEndOfTheOutput) {
    const auto end = run("echo heard >&2; echo said; kill -SEGV $$");
    EXPECT_EQ(end.how, SandboxEnd::How::killed_by_signal);
    EXPECT_EQ(end.code, SIGSEGV);
    EXPECT_EQ(end.output_tail, "heard\n\n[stdout] said\n");
    EXPECT_EQ(describe(end), "signal 11 (Segmentation fault)");
}

TEST(Sandbox, EndsWhatHangsTogetherWithItsChildren) {
    const auto started = std::chrono::steady_clock::now();
    const auto end = run("sleep 1000 & echo $! >&3; trap '' TERM INT; wait; sleep 1000", seconds(3));
    EXPECT_EQ(end.how, SandboxEnd::How::timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - started, seconds(30));
    const pid_t child = std::stoi(end.result);
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (!process) {
        EXPECT_EQ(errno, ESRCH);
        return;
    }
    pollfd wait{.fd = process.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1) << "the grandchild lives on";
}

TEST(Sandbox, DoesNotWaitForOutputHeldOpenByWhatWasLeft) {
    const auto started = std::chrono::steady_clock::now();
    const auto end = run("sleep 1000 & echo done >&3");
    EXPECT_EQ(end.how, SandboxEnd::How::exited);
    EXPECT_EQ(end.result, "done\n");
    EXPECT_LT(std::chrono::steady_clock::now() - started, seconds(30));
}

TEST(Sandbox, KeepsOnlyTheEndOfEndlessOutput) {
    const auto end = run("i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789; "
                         "i=$((i+1)); done >&2; echo last >&2");
    EXPECT_EQ(end.how, SandboxEnd::How::exited);
    EXPECT_LE(end.output_tail.size(), kTailBytes);
    EXPECT_THAT(end.output_tail, EndsWith("last\n"));
}

TEST(Sandbox, OutputThatNeverEndsDoesNotHoldUpTheLimit) {
    EXPECT_EQ(run("yes", milliseconds(300)).how, SandboxEnd::How::timed_out);
    EXPECT_EQ(run("yes >&3", milliseconds(300)).how, SandboxEnd::How::timed_out);
}

TEST(Sandbox, ReadsNothing) {
    const auto end = run("read line || echo nothing >&3");
    EXPECT_THAT(end.result, HasSubstr("nothing"));
}

TEST(Sandbox, StopsWhenAsked) {
    const UniqueFd stop(::eventfd(1, EFD_CLOEXEC));
    EXPECT_EQ(run("sleep 1000", seconds(60), stop.get()).how, SandboxEnd::How::stopped);
}

TEST(Sandbox, AProgramThatDoesNotExistIsAnExitStatus) {
    const auto end = run_in_sandbox({.program = "/no/such/program", .arguments = {}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->code, 127);
}

} // namespace
} // namespace drover::conformance
