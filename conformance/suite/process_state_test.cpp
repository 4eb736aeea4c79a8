#include "conformance/suite/process_state.hpp"
#include "loader/base/unique_fd.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <semaphore>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace drover::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

const Deadline kAtOnce = Deadline::after(std::chrono::nanoseconds(0));

TEST(ProcessState, NothingAddedIsNothing) {
    EXPECT_THAT(ProcessState::now().added_since(ProcessState::now()), IsEmpty());
}

TEST(ProcessState, SeesADescriptor) {
    const auto before = ProcessState::now();
    const UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
    EXPECT_THAT(left_behind(before, kAtOnce),
                ElementsAre(MatchesRegex("descriptor [0-9]+ \\(anon_inode:.eventfd.\\)")));
}

TEST(ProcessState, SeesAThreadUntilItIsGone) {
    std::thread([] {}).join(); // a sanitizer starts one of its own with the first
    const auto before = ProcessState::now();
    std::binary_semaphore end(0);
    std::thread thread([&] { end.acquire(); });
    EXPECT_THAT(left_behind(before, kAtOnce), ElementsAre(MatchesRegex("thread [0-9]+")));
    end.release();
    thread.join();
    EXPECT_THAT(left_behind(before, Deadline::after(std::chrono::seconds(10))), IsEmpty());
}

TEST(ProcessState, SeesAChild) {
    const auto before = ProcessState::now();
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    EXPECT_THAT(left_behind(before, kAtOnce), ElementsAre(MatchesRegex("child process [0-9]+ \\(.*\\)")));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

TEST(ProcessState, SeesAnotherProcess) {
    const UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    EXPECT_TRUE(ProcessState::can_see(child));
    EXPECT_TRUE(ProcessState::of(child).fds.contains(fd.get()));
    EXPECT_THAT(left_behind(ProcessState::of(child), kAtOnce, child), IsEmpty());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_FALSE(ProcessState::can_see(child));
    EXPECT_TRUE(ProcessState::of(child).fds.empty());
}

} // namespace
} // namespace drover::conformance
