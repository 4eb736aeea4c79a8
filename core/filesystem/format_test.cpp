#include "core/filesystem/check.hpp"
#include "core/filesystem/device_fixture.hpp"
#include "core/filesystem/grow.hpp"
#include "core/filesystem/probe.hpp"

namespace drover::filesystem {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class FormatTest : public DeviceTest {};

TEST_F(FormatTest, MakesBothKindsWithOurUuid) {
    for (const char *fstype : {"ext4", "xfs"}) {
        for (const bool zeroed : {false, true}) {
            const LoopDevice loop(320 * kMiB);
            auto made =
                format(device_of(loop),
                       {.fstype = fstype, .uuid = kUuid, .label = "drover", .zeroed = zeroed}, soon());
            ASSERT_TRUE(made.has_value()) << made.error().message;
            EXPECT_EQ(probe(device_of(loop), soon())->uuid, kUuid);
            EXPECT_TRUE(check(device_of(loop), fstype, CheckMode::verify, soon()).has_value());
        }
    }
}

TEST_F(FormatTest, RefusesAMountedOrClaimedDevice) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    write_file(target() / "file", "precious");
    auto refused = format(device_of(loop), {.fstype = "ext4", .uuid = kUuid}, soon());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_FALSE(refused.error().state_unknown);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr(loop.path().string()), HasSubstr("in use")));
    EXPECT_EQ(read_file(target() / "file"), "precious");
}

TEST_F(FormatTest, RefusesAnotherDeviceOnThePath) {
    const LoopDevice loop(64 * kMiB);
    BlockDevice device = device_of(loop);
    device.minor += 1;
    EXPECT_EQ(format(device, {.fstype = "ext4", .uuid = kUuid}, soon()).error().code, Code::conflict);
    EXPECT_TRUE(probe(device_of(loop), soon())->blank);
}

TEST_F(FormatTest, RefusesWhatItCannotMake) {
    const LoopDevice loop(64 * kMiB);
    const auto device = device_of(loop);
    EXPECT_THAT(format(device, {.fstype = "btrfs", .uuid = kUuid}, soon()).error().message,
                AllOf(HasSubstr("btrfs"), HasSubstr("ext4 and xfs")));
    EXPECT_EQ(format(device, {.fstype = "ext4", .uuid = "3B1F0E0A"}, soon()).error().code, Code::invalid);
    EXPECT_EQ(
        format(device, {.fstype = "ext4", .uuid = kUuid, .label = std::string(17, 'l')}, soon()).error().code,
        Code::invalid);
    EXPECT_THAT(format(device, {.fstype = "xfs", .uuid = kUuid}, soon()).error().message,
                HasSubstr("300 MiB"));
    EXPECT_TRUE(probe(device, soon())->blank);
}

TEST_F(FormatTest, WhatTheToolSaidIsInTheError) {
    const LoopDevice loop(64 * kMiB);
    auto failed = format(device_of(loop),
                         {.fstype = "ext4", .uuid = kUuid, .extra = {"-O", "no_such_feature"}}, soon());
    ASSERT_FALSE(failed.has_value());
    EXPECT_TRUE(failed.error().state_unknown);
    EXPECT_THAT(failed.error().message, AllOf(HasSubstr("mkfs.ext4"), HasSubstr("no_such_feature")));
}

TEST_F(FormatTest, CheckRepairsWhatIsSafeAndStopsAtTheRest) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    EXPECT_FALSE(check(device_of(loop), "ext4", CheckMode::preen, soon())->repaired);
    run("/usr/sbin/debugfs", {"-w", "-R", "clri <2>", loop.path()});
    run("/usr/sbin/debugfs", {"-w", "-R", "ssv state 2", loop.path()}); // has errors
    auto damaged = check(device_of(loop), "ext4", CheckMode::preen, soon());
    ASSERT_FALSE(damaged.has_value());
    EXPECT_THAT(damaged.error().message, AllOf(HasSubstr("damaged"), HasSubstr("by hand")));
    EXPECT_FALSE(check(device_of(loop), "ext4", CheckMode::verify, soon()).has_value());
}

// What e2fsck -p says when it was asked, and nothing when it was not.
TEST_F(FormatTest, OnlyAFilesystemProvenToBeInOrderIsMountedUnchecked) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    const auto said = [&] {
        auto report = check(device_of(loop), "ext4", CheckMode::preen, soon());
        EXPECT_TRUE(report.has_value()) << report.error().message;
        return report.value_or(CheckReport{}).output;
    };
    EXPECT_EQ(said(), "");
    mount_at(loop, target(), "ext4");
    EXPECT_TRUE(unmount(target(), device_of(loop).major, device_of(loop).minor, soon()).has_value());
    EXPECT_EQ(said(), "");

    for (const char *doubt : {"state 0", "state 3", "state 5", "error_count 1", "max_mnt_count 20",
                              "checkinterval 86400", "last_orphan 12", "feature_ro_compat 0x6b"}) {
        const LoopDevice other(64 * kMiB);
        make(other, "ext4");
        run("/usr/sbin/debugfs", {"-w", "-R", std::string("ssv ") + doubt, other.path()});
        auto report = check(device_of(other), "ext4", CheckMode::preen, soon());
        EXPECT_TRUE(!report.has_value() || !report->output.empty()) << doubt;
    }
    // A bit that flipped in the superblock.
    loop.write(1024 + 0x78, "flipped");
    auto flipped = check(device_of(loop), "ext4", CheckMode::preen, soon());
    EXPECT_TRUE(!flipped.has_value() || !flipped->output.empty());
}

TEST_F(FormatTest, CheckRefusesAMountedDevice) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    EXPECT_EQ(check(device_of(loop), "ext4", CheckMode::preen, soon()).error().code, Code::conflict);
}

} // namespace
} // namespace drover::filesystem
