// Ctrl-C in the real program while the agent works.
#include "core/cli/testing/fake_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace drover::cli {
namespace {

TEST(Interrupt, TellsThatTheWorkGoesOn) {
    testing::FakeAgent agent;
    agent.on("POST /v2/volumes", 202,
             R"({"id":"o7","kind":"create","volume":"v","done":false,"permille":0,"stage":"","error":null})");
    const std::string poll = "GET /v2/operations/o7?wait=30&permille=0&stage=";
    agent.never_answers(poll);
    const auto socket = agent.socket().native();
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::dup2(pipe[1], STDERR_FILENO);
        ::execl(DROVER_PROGRAM, "drover", "--socket", socket.c_str(), "volume", "create", "v", nullptr);
        ::_exit(127);
    }
    ::close(pipe[1]);
    EXPECT_TRUE(agent.was_asked(poll));
    ::kill(child, SIGINT);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    std::array<char, 1024> text{};
    const auto length = ::read(pipe[0], text.data(), text.size());
    ::close(pipe[0]);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 130);
    ASSERT_GE(length, 0);
    EXPECT_EQ(
        std::string(text.data(), static_cast<std::size_t>(length)),
        "\ndrover: interrupted. The agent goes on with it. To see how it ends: drover operation wait o7\n");
}

} // namespace
} // namespace drover::cli
