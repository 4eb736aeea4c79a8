#include "core/filesystem/device_fixture.hpp"
#include "core/filesystem/holders.hpp"
#include "core/filesystem/mount_table.hpp"

#include <csignal>
#include <sys/wait.h>
#include <thread>

namespace drover::filesystem {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class UnmountTest : public DeviceTest {
protected:
    void SetUp() override {
        DeviceTest::SetUp();
        if (IsSkipped() || HasFatalFailure())
            return;
        loop_ = std::make_unique<LoopDevice>(64 * kMiB);
        make(*loop_, "ext4");
        mount_at(*loop_, target(), "ext4");
        write_file(target() / "file", "x");
    }
    void TearDown() override {
        end_holder();
        loop_.reset();
        DeviceTest::TearDown();
    }
    // A process that holds the mount, in the same namespace, until it is ended.
    void hold(const std::function<bool()> &how) {
        int ready[2];
        ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
        holder_ = ::fork();
        ASSERT_GE(holder_, 0);
        if (holder_ == 0) {
            const char answer = how() ? 'y' : 'n';
            if (::write(ready[1], &answer, 1) == 1)
                ::pause();
            ::_exit(0);
        }
        char answer = 0;
        ASSERT_EQ(::read(ready[0], &answer, 1), 1);
        ASSERT_EQ(answer, 'y');
        ::close(ready[0]);
        ::close(ready[1]);
    }
    void end_holder() {
        if (holder_ <= 0)
            return;
        ::kill(holder_, SIGKILL);
        ::waitpid(holder_, nullptr, 0);
        holder_ = -1;
    }
    void expect_busy(const std::string &how) {
        auto busy = unmount_from(*loop_, target(), Deadline::after(300ms));
        ASSERT_FALSE(busy.has_value());
        EXPECT_EQ(busy.error().code, Code::conflict);
        EXPECT_TRUE(busy.error().retryable);
        EXPECT_THAT(busy.error().message,
                    AllOf(HasSubstr(target().string()), HasSubstr(std::to_string(holder_)), HasSubstr(how)));
        end_holder();
        EXPECT_TRUE(unmount_from(*loop_, target()).has_value());
    }

    std::unique_ptr<LoopDevice> loop_;
    pid_t holder_ = -1;
};

TEST_F(UnmountTest, AWorkingDirectoryIsNamed) {
    hold([&] { return ::chdir(target().c_str()) == 0; });
    expect_busy("working directory");
}

TEST_F(UnmountTest, AnOpenFileIsNamed) {
    hold([&] { return ::open((target() / "file").c_str(), O_RDONLY) >= 0; });
    expect_busy("open file");
}

TEST_F(UnmountTest, AMountBelowIsNamed) {
    std::filesystem::create_directory(target() / "below");
    ASSERT_EQ(::mount("tmpfs", (target() / "below").c_str(), "tmpfs", 0, nullptr), 0);
    auto busy = unmount_from(*loop_, target(), Deadline::after(300ms));
    ASSERT_FALSE(busy.has_value());
    EXPECT_THAT(busy.error().message, HasSubstr("the mount " + (target() / "below").string()));
    ASSERT_EQ(::umount((target() / "below").c_str()), 0);
}

TEST_F(UnmountTest, WaitsForTheHolderAndThenUnmounts) {
    hold([&] { return ::chdir(target().c_str()) == 0; });
    std::thread ender([this, pid = holder_] {
        // As soon as the attempt has seen it.
        const auto limit = Deadline::after(20s);
        while (holders_of(loop_->number_major(), loop_->number_minor()).empty() && !limit.has_passed()) {
        }
        ::kill(pid, SIGKILL);
    });
    EXPECT_TRUE(unmount_from(*loop_, target(), Deadline::after(30s)).has_value());
    ender.join();
}

TEST_F(UnmountTest, NotMountedIsSuccess) {
    ASSERT_TRUE(unmount_from(*loop_, target()).has_value());
    EXPECT_TRUE(unmount_from(*loop_, target()).has_value());
    EXPECT_TRUE(unmount_from(*loop_, folder() / "never" / "was").has_value());
}

TEST_F(UnmountTest, AnotherDeviceThereIsLeftAlone) {
    const LoopDevice other(kMiB);
    auto refused = unmount_from(other, target());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("left alone"));
    EXPECT_TRUE(mounted_at(target()).value().has_value());
}

TEST_F(UnmountTest, TwoMountsOnOneTargetBothGo) {
    ASSERT_EQ(::mount(target().c_str(), target().c_str(), nullptr, MS_BIND, nullptr), 0);
    ASSERT_TRUE(unmount_from(*loop_, target()).has_value());
    EXPECT_TRUE(mounts_of(loop_->number_major(), loop_->number_minor())->empty());
}

TEST_F(UnmountTest, AFileBelowAMountPointSurvivesTheUnmount) {
    ASSERT_TRUE(unmount_from(*loop_, target()).has_value());
    std::filesystem::create_directory(target());
    write_file(target() / "precious", "x");
    EXPECT_TRUE(unmount_from(*loop_, target()).has_value());
    EXPECT_EQ(read_file(target() / "precious"), "x");
}

TEST_F(UnmountTest, ManyHoldersAreCounted) {
    std::vector<Holder> holders;
    for (int i = 1; i <= 7; ++i)
        holders.push_back({.pid = i, .command = "c", .how = "open file"});
    EXPECT_THAT(describe(holders), AllOf(testing::StartsWith("process 1 (c, open file), process 2"),
                                         testing::EndsWith("process 5 (c, open file) and 2 more")));
    EXPECT_EQ(describe(std::vector<Holder>{}), "");
}

} // namespace
} // namespace drover::filesystem
