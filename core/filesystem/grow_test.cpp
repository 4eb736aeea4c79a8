#include "core/filesystem/check.hpp"
#include "core/filesystem/device_fixture.hpp"
#include "core/filesystem/grow.hpp"
#include "core/filesystem/proc.hpp"

namespace drover::filesystem {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class GrowTest : public DeviceTest {
protected:
    static void enlarge(const LoopDevice &loop, std::uint64_t bytes) {
        loop.resize(bytes);
        loop.refresh();
    }
};

TEST_F(GrowTest, Ext4GrowsUnmountedAndKeepsItsFiles) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    write_file(target() / "file", "kept");
    ASSERT_TRUE(unmount_from(loop, target()).has_value());
    EXPECT_FALSE(can_grow(device_of(loop), "ext4", soon()).value());
    enlarge(loop, 256 * kMiB);
    EXPECT_TRUE(can_grow(device_of(loop), "ext4", soon()).value());
    auto grown = grow(device_of(loop), std::nullopt, "ext4", soon());
    ASSERT_TRUE(grown.has_value()) << grown.error().message;
    EXPECT_EQ(grown->bytes_before, 64 * kMiB);
    EXPECT_EQ(grown->bytes_after, 256 * kMiB);
    EXPECT_FALSE(can_grow(device_of(loop), "ext4", soon()).value());
    EXPECT_TRUE(check(device_of(loop), "ext4", CheckMode::verify, soon()).has_value());
    mount_at(loop, target(), "ext4");
    EXPECT_EQ(read_file(target() / "file"), "kept");
}

TEST_F(GrowTest, WhatCannotBeUsedIsNotToGrow) {
    // Whatever is left over after one grow must not ask for another.
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    for (const std::uint64_t bytes :
         {80 * kMiB + 4096, 128 * kMiB + 512, 129 * kMiB, 264 * kMiB, 265 * kMiB}) {
        enlarge(loop, bytes);
        ASSERT_TRUE(grow(device_of(loop), std::nullopt, "ext4", soon()).has_value());
        EXPECT_FALSE(can_grow(device_of(loop), "ext4", soon()).value()) << bytes;
    }
}

TEST_F(GrowTest, NothingToGrowIsSuccess) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    auto same = grow(device_of(loop), target(), "ext4", soon());
    ASSERT_TRUE(same.has_value()) << same.error().message;
    EXPECT_EQ(same->bytes_before, same->bytes_after);
}

TEST_F(GrowTest, Ext4GrowsMountedWhereTheKernelAllowsElseSaysWhatToDo) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    enlarge(loop, 256 * kMiB);
    auto grown = grow(device_of(loop), target(), "ext4", soon());
    if (grown.has_value()) {
        EXPECT_EQ(grown->bytes_after, 256 * kMiB);
        return;
    }
    EXPECT_EQ(grown.error().code, Code::unsupported);
    EXPECT_THAT(grown.error().message, AllOf(HasSubstr("unmount it first"), HasSubstr("at the next mount")));
}

TEST_F(GrowTest, XfsGrowsMountedOnly) {
    const LoopDevice loop(320 * kMiB);
    make(loop, "xfs");
    enlarge(loop, 640 * kMiB);
    EXPECT_TRUE(can_grow(device_of(loop), "xfs", soon()).value());
    EXPECT_EQ(grow(device_of(loop), std::nullopt, "xfs", soon()).error().code, Code::unsupported);
    mount_at(loop, target(), "xfs");
    auto grown = grow(device_of(loop), target(), "xfs", soon());
    ASSERT_TRUE(grown.has_value()) << grown.error().message;
    EXPECT_GE(grown->bytes_after, grown->bytes_before + 310 * kMiB);
    auto again = grow(device_of(loop), target(), "xfs", soon());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->bytes_before, again->bytes_after);
    ASSERT_TRUE(unmount_from(loop, target()).has_value());
    EXPECT_FALSE(can_grow(device_of(loop), "xfs", soon()).value());
}

TEST_F(GrowTest, AnotherDeviceAtTheMountPointIsNotGrown) {
    const LoopDevice loop(64 * kMiB);
    const LoopDevice other(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    EXPECT_EQ(grow(device_of(other), target(), "xfs", soon()).error().code, Code::conflict);
    EXPECT_EQ(can_grow(device_of(other), "ext4", soon()).error().code, Code::invalid);
    EXPECT_EQ(can_grow(device_of(other), "btrfs", soon()).error().code, Code::unsupported);
}

TEST_F(GrowTest, UsageFollowsWhatIsWritten) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    const auto before = usage(target(), soon()).value();
    EXPECT_GT(before.total_bytes, 32 * kMiB);
    EXPECT_LE(before.total_bytes, 64 * kMiB);
    write_file(target() / "file", std::string(4 * kMiB, 'x'));
    const auto after = usage(target(), soon()).value();
    EXPECT_GE(after.used_bytes + 64UL * 1024, before.used_bytes);
    EXPECT_EQ(after.used_inodes, before.used_inodes + 1);
    EXPECT_EQ(usage(folder() / "none", soon()).error().code, Code::not_found);
}

} // namespace
} // namespace drover::filesystem
