#include "core/store/state_lock.hpp"

#include <gmock/gmock.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <sys/wait.h>
#include <unistd.h>

namespace drover::store {
namespace {

class StateLockTest : public testing::Test {
protected:
    StateLockTest() {
        std::string pattern = testing::TempDir() + "drover-lock-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed");
        folder_ = pattern;
    }
    ~StateLockTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "state.db"; }

private:
    std::filesystem::path folder_;
};

struct Pipe {
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("pipe2 failed");
    }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;
    std::array<int, 2> ends{};
};

// A process that holds the lock has just forked when it is killed, and the child has not yet come to closing
// what it inherited.
TEST_F(StateLockTest, AKilledHoldersChildIsWaitedFor) {
    const Pipe forked;
    const Pipe go_on;
    const pid_t holder = ::fork();
    ASSERT_GE(holder, 0);
    if (holder == 0) {
        ::close(go_on.ends[1]);
        const auto lock = StateLock::take(file());
        if (!lock)
            ::_exit(1);
        const pid_t child = ::fork();
        if (child == 0) {
            char byte = 0;
            (void)!::write(forked.ends[1], "x", 1);
            (void)!::read(go_on.ends[0], &byte, 1); // until the test says so, or dies
            ::_exit(0);
        }
        for (;;)
            ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(forked.ends[0], &byte, 1), 1);
    {
        const auto second = StateLock::take(file());
        ASSERT_FALSE(second.has_value()) << "while the holder lives";
        EXPECT_THAT(second.error().message, testing::HasSubstr(std::to_string(holder)));
    }
    ASSERT_EQ(::kill(holder, SIGKILL), 0);
    ASSERT_EQ(::waitpid(holder, nullptr, 0), holder);
    auto taken = std::async(std::launch::async, [&] { return StateLock::take(file()); });
    EXPECT_EQ(taken.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    ASSERT_EQ(::write(go_on.ends[1], "x", 1), 1);
    const auto lock = taken.get();
    EXPECT_TRUE(lock.has_value()) << lock.error().message;
}

} // namespace
} // namespace drover::store
