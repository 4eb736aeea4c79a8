#include "core/filesystem/device_fixture.hpp"
#include "core/filesystem/freeze.hpp"
#include "core/filesystem/proc.hpp"

#include <csignal>
#include <linux/fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <thread>

namespace drover::filesystem {
namespace {

using testing::HasSubstr;

class FreezeTest : public DeviceTest {
protected:
    void SetUp() override {
        DeviceTest::SetUp();
        if (IsSkipped() || HasFatalFailure())
            return;
        loop_ = std::make_unique<LoopDevice>(64 * kMiB);
        make(*loop_, "ext4");
        mount_at(*loop_, target(), "ext4");
        root_ = ::open(target().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ASSERT_GE(root_, 0);
    }
    void TearDown() override {
        if (root_ >= 0) {
            ::ioctl(root_, FITHAW, 0); // a failed test must not leave a frozen filesystem behind
            ::close(root_);
        }
        loop_.reset();
        DeviceTest::TearDown();
    }
    // By asking for the freeze that would fail.
    [[nodiscard]] bool is_frozen() const {
        if (::ioctl(root_, FIFREEZE, 0) != 0)
            return errno == EBUSY;
        ::ioctl(root_, FITHAW, 0);
        return false;
    }
    [[nodiscard]] bool thaws_within(std::chrono::seconds limit) const {
        const auto deadline = Deadline::after(limit);
        while (is_frozen()) {
            if (deadline.has_passed())
                return false;
            (void)::poll(nullptr, 0, 5);
        }
        return true;
    }
    std::unique_ptr<LoopDevice> loop_;
    int root_ = -1;
};

// Ended ones that nobody waited for included.
std::vector<int> children() {
    std::vector<int> found;
    for (const int pid : processes()) {
        const auto status = read_proc("/proc/" + std::to_string(pid) + "/status");
        if (status && status->find("\nPPid:\t" + std::to_string(::getpid()) + "\n") != std::string::npos)
            found.push_back(pid);
    }
    return found;
}

TEST_F(FreezeTest, IsFrozenFromHoldToRelease) {
    const auto before = children();
    auto freeze = Freeze::hold(target(), Deadline::after(30s));
    ASSERT_TRUE(freeze.has_value()) << freeze.error().message;
    EXPECT_TRUE(is_frozen());
    auto released = freeze->release();
    EXPECT_TRUE(released.has_value()) << released.error().message;
    EXPECT_FALSE(is_frozen());
    EXPECT_TRUE(freeze->release().has_value());
    EXPECT_EQ(children(), before) << "the watchdog is left";
}

TEST_F(FreezeTest, WritersGoOnAfterwardsAndTheirDataIsThere) {
    auto freeze = Freeze::hold(target(), Deadline::after(30s));
    ASSERT_TRUE(freeze.has_value());
    std::thread writer([&] { write_file(target() / "file", "late"); });
    auto released = freeze->release();
    writer.join();
    EXPECT_TRUE(released.has_value()) << released.error().message;
    EXPECT_EQ(read_file(target() / "file"), "late");
}

TEST_F(FreezeTest, TheWatchdogThawsAtTheDeadlineAndTheHolderIsTold) {
    auto freeze = Freeze::hold(target(), Deadline::after(500ms));
    ASSERT_TRUE(freeze.has_value()) << freeze.error().message;
    EXPECT_TRUE(thaws_within(20s));
    auto released = freeze->release();
    ASSERT_FALSE(released.has_value());
    EXPECT_EQ(released.error().code, Code::deadline);
    EXPECT_THAT(released.error().message, HasSubstr("not consistent"));
}

TEST_F(FreezeTest, AKilledHolderLeavesNothingFrozen) {
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    const pid_t holder = ::fork();
    ASSERT_GE(holder, 0);
    if (holder == 0) {
        auto freeze = Freeze::hold(target(), Deadline::after(600s));
        const char answer = freeze.has_value() ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) == 1)
            ::pause();
        ::_exit(0);
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    ASSERT_EQ(answer, 'y');
    EXPECT_TRUE(is_frozen());
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
    EXPECT_TRUE(thaws_within(20s));
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(FreezeTest, LeavingTheScopeThaws) {
    {
        auto freeze = Freeze::hold(target(), Deadline::after(30s));
        ASSERT_TRUE(freeze.has_value());
        Freeze moved = std::move(*freeze);
        EXPECT_TRUE(is_frozen());
    }
    EXPECT_FALSE(is_frozen());
}

TEST_F(FreezeTest, SomebodyElsesFreezeIsAConflictAndStays) {
    ASSERT_EQ(::ioctl(root_, FIFREEZE, 0), 0);
    auto freeze = Freeze::hold(target(), Deadline::after(30s));
    ASSERT_FALSE(freeze.has_value());
    EXPECT_EQ(freeze.error().code, Code::conflict);
    EXPECT_THAT(freeze.error().message, HasSubstr("fsfreeze -u"));
    EXPECT_TRUE(is_frozen());
}

TEST_F(FreezeTest, SomebodyElsesThawIsTold) {
    auto freeze = Freeze::hold(target(), Deadline::after(30s));
    ASSERT_TRUE(freeze.has_value());
    ASSERT_EQ(::ioctl(root_, FITHAW, 0), 0);
    auto released = freeze->release();
    ASSERT_FALSE(released.has_value());
    EXPECT_EQ(released.error().code, Code::conflict);
}

TEST_F(FreezeTest, LeftoversAreThawedAtTheStart) {
    EXPECT_FALSE(thaw_leftover(target(), soon()).value());
    ASSERT_EQ(::ioctl(root_, FIFREEZE, 0), 0);
    EXPECT_TRUE(thaw_leftover(target(), soon()).value());
    EXPECT_FALSE(is_frozen());
    EXPECT_FALSE(thaw_leftover(folder() / "none", soon()).value());
}

TEST_F(FreezeTest, WhatIsNotAMountPointIsNeverFrozen) {
    std::filesystem::create_directory(target() / "inside");
    EXPECT_EQ(Freeze::hold(target() / "inside", Deadline::after(30s)).error().code, Code::not_found);
    EXPECT_FALSE(is_frozen());
    EXPECT_EQ(Freeze::hold(target(), Deadline::never()).error().code, Code::invalid);
}

} // namespace
} // namespace drover::filesystem
