#include "core/filesystem/device_fixture.hpp"
#include "core/filesystem/mount.hpp"
#include "core/filesystem/mount_table.hpp"

#include <sys/stat.h>

namespace drover::filesystem {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class MountTest : public DeviceTest {
protected:
    static struct stat status(const std::filesystem::path &path) {
        struct stat info {};
        EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
        return info;
    }
};

TEST_F(MountTest, MountsVerifiesAndCleansUp) {
    for (const char *fstype : {"ext4", "xfs"}) {
        const LoopDevice loop(320 * kMiB);
        make(loop, fstype);
        mount_at(loop, target(), fstype);
        const auto entry = mounted_at(target()).value();
        ASSERT_TRUE(entry.has_value());
        EXPECT_EQ(entry->minor, loop.number_minor());
        EXPECT_EQ(status(target().parent_path()).st_mode & 07777U, 0700U);
        write_file(target() / "file", "kept");
        ASSERT_TRUE(unmount_from(loop, target()).has_value());
        EXPECT_FALSE(std::filesystem::exists(target()));
        mount_at(loop, target(), fstype);
        EXPECT_EQ(read_file(target() / "file"), "kept");
        ASSERT_TRUE(unmount_from(loop, target()).has_value());
    }
}

TEST_F(MountTest, ReadOnlyIsReadOnly) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    ASSERT_TRUE(mount(device_of(loop), target(), "ext4", {.read_only = true}, soon()).has_value());
    EXPECT_TRUE(mounted_at(target()).value()->is_read_only());
    EXPECT_FALSE(std::ofstream(target() / "file").is_open());
}

TEST_F(MountTest, AMountPointWithFilesIsRefusedAndNamesThem) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    std::filesystem::create_directories(target());
    write_file(target() / "precious", "x");
    auto refused = mount(device_of(loop), target(), "ext4", {}, soon());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr(target().string()), HasSubstr("not empty"),
                                               HasSubstr("precious"), HasSubstr("move the files away")));
    EXPECT_EQ(read_file(target() / "precious"), "x");
}

TEST_F(MountTest, AFileInPlaceOfTheMountPointIsRefused) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    std::filesystem::create_directories(target().parent_path());
    write_file(target(), "x");
    EXPECT_EQ(mount(device_of(loop), target(), "ext4", {}, soon()).error().code, Code::conflict);
}

TEST_F(MountTest, WhatIsMountedThereAlreadyIsTold) {
    const LoopDevice loop(64 * kMiB);
    const LoopDevice other(64 * kMiB);
    make(loop, "ext4");
    make(other, "ext4");
    mount_at(loop, target(), "ext4");
    EXPECT_EQ(mount(device_of(loop), target(), "ext4", {}, soon()).error().code, Code::exists);
    EXPECT_EQ(mount(device_of(other), target(), "ext4", {}, soon()).error().code, Code::conflict);
    EXPECT_EQ(mounts_of(loop.number_major(), loop.number_minor())->size(), 1U);
}

TEST_F(MountTest, WhatIsNoFilesystemIsRefusedAndNothingIsLeft) {
    const LoopDevice loop(64 * kMiB);
    auto refused = mount(device_of(loop), target(), "ext4", {}, soon());
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, HasSubstr("no usable ext4"));
    EXPECT_FALSE(std::filesystem::exists(target()));
    EXPECT_EQ(mount(device_of(loop), target(), "btrfs", {}, soon()).error().code, Code::unsupported);
    EXPECT_EQ(mount(device_of(loop), "relative", "ext4", {}, soon()).error().code, Code::invalid);
}

TEST_F(MountTest, AnXfsCloneMountsBesideItsSource) {
    const LoopDevice source(320 * kMiB);
    const LoopDevice clone(320 * kMiB);
    make(source, "xfs");
    clone.copy_from(source);
    mount_at(source, folder() / "source", "xfs");
    mount_at(clone, folder() / "clone", "xfs");
}

TEST_F(MountTest, AnUnmountedMountPointOnARealFilesystemTakesNoFiles) {
    const LoopDevice host(64 * kMiB);
    const LoopDevice loop(64 * kMiB);
    make(host, "ext4");
    make(loop, "ext4");
    mount_at(host, folder() / "host", "ext4");
    const auto point = folder() / "host" / "v";
    mount_at(loop, point, "ext4");
    // Unmounted behind our back, the folder stays and is closed.
    ASSERT_EQ(::umount(point.c_str()), 0);
    EXPECT_EQ(status(point).st_mode & 07777U, 0U);
    EXPECT_FALSE(std::ofstream(point / "file").is_open());
    // The next mount takes it as it is, and unmount removes it.
    mount_at(loop, point, "ext4");
    ASSERT_TRUE(unmount_from(loop, point).has_value());
    EXPECT_FALSE(std::filesystem::exists(point));
}

TEST_F(MountTest, ANewRootIsPreparedOnceAndAUsedOneNever) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    ASSERT_TRUE(std::filesystem::exists(target() / "lost+found"));
    const auto first = prepare_new_root(target(), 0777, 12, 34, soon());
    ASSERT_TRUE(first.has_value());
    EXPECT_FALSE(*first);
    EXPECT_FALSE(std::filesystem::exists(target() / "lost+found"));
    EXPECT_EQ(status(target()).st_mode & 07777U, 0777U);
    EXPECT_EQ(status(target()).st_uid, 12U);
    EXPECT_EQ(status(target()).st_gid, 34U);
    // Its owner changed it, and there is no file yet.
    ASSERT_EQ(::chmod(target().c_str(), 0750), 0);
    EXPECT_EQ(prepare_new_root(target(), 0700, 0, 0, soon()).value(), true);
    EXPECT_EQ(status(target()).st_mode & 07777U, 0750U);
    write_file(target() / "file", "x");
    EXPECT_EQ(prepare_new_root(target(), 0700, 0, 0, soon()).value(), true);
    EXPECT_EQ(status(target()).st_mode & 07777U, 0750U);
    EXPECT_EQ(prepare_new_root(folder() / "none", 0777, 0, 0, soon()).error().code, Code::conflict);
}

} // namespace
} // namespace drover::filesystem
