// Growing, snapshots, clones and reverts, on real devices.
#include "core/volume/testing/world.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace drover {
namespace {

using testing::read_file;
using testing::World;
using testing::write_file;

constexpr std::uint64_t kMiB = 1U << 20U;

std::uint64_t filesystem_bytes(const std::string &mountpoint) {
    struct statvfs status {};
    EXPECT_EQ(::statvfs(mountpoint.c_str(), &status), 0);
    return static_cast<std::uint64_t>(status.f_blocks) * status.f_frsize;
}

bool is_frozen(const std::string &mountpoint) {
    const int fd = ::open(mountpoint.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool thawed_now = ::ioctl(fd, FITHAW, 0) == 0; // EINVAL when it was not frozen
    ::close(fd);
    return thawed_now;
}

TEST(Extend, AnUnmountedVolumeGrowsAndItsFilesystemAtTheNextMount) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    write_file(mounted->mountpoint + "/file", "kept");
    const auto before = filesystem_bytes(mounted->mountpoint);
    ASSERT_TRUE(world.unmount("db"));
    const auto extended = world.extend("db", 128 * kMiB);
    ASSERT_TRUE(extended) << extended.error().message;
    EXPECT_EQ(extended->bytes, 128 * kMiB);
    mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_GT(filesystem_bytes(mounted->mountpoint), before + 32 * kMiB);
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
}

TEST(Extend, TheRootStaysAsItsOwnerHasIt) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    ASSERT_EQ(::chown(mounted->mountpoint.c_str(), 999, 999), 0);
    ASSERT_EQ(::chmod(mounted->mountpoint.c_str(), 0700), 0);
    ASSERT_TRUE(world.unmount("db"));
    ASSERT_TRUE(world.extend("db", 128 * kMiB));
    // The check before the growth makes lost+found anew, which is how a new filesystem looks.
    mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    struct stat status {};
    ASSERT_EQ(::stat(mounted->mountpoint.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
    EXPECT_EQ(status.st_uid, 999U);
}

TEST(Extend, AMountedXfsGrowsAtOnce) {
    World world;
    ASSERT_TRUE(world.create("x", 320 * kMiB, "xfs"));
    const auto mounted = world.mount("x");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "kept");
    const auto before = filesystem_bytes(mounted->mountpoint);
    const auto extended = world.extend("x", 448 * kMiB);
    ASSERT_TRUE(extended) << extended.error().message;
    EXPECT_GT(filesystem_bytes(mounted->mountpoint), before + 64 * kMiB);
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
}

TEST(Extend, NothingShrinksAndTheSameSizeIsNoChange) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    EXPECT_EQ(world.extend("db", 32 * kMiB).error().code, Code::invalid);
    const auto same = world.extend("db", 64 * kMiB);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(same->bytes, 64 * kMiB);
    EXPECT_EQ(world.extend("nope", 64 * kMiB).error().code, Code::not_found);
}

TEST(Snapshots, OneOfAMountedVolumeIsConsistentAndTheFilesystemIsThawed) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    write_file(mounted->mountpoint + "/file", "old");
    const auto taken = world.snapshot("db", "before");
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_TRUE(taken->filesystem_consistent);
    EXPECT_EQ(taken->status, "ready");
    EXPECT_FALSE(is_frozen(mounted->mountpoint));
    write_file(mounted->mountpoint + "/file", "new"); // would hang on a frozen filesystem
    // The same name again is the same snapshot, with the data it had.
    const auto again = world.snapshot("db", "before");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->id, taken->id);

    const auto clone = world.create(
        {.name = "copy",
         .source = VolumeSource{.kind = VolumeSource::Kind::snapshot, .volume = "db", .snapshot = "before"}});
    ASSERT_TRUE(clone) << clone.error().message;
    const auto copy = world.mount("copy");
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(read_file(copy->mountpoint + "/file"), "old");
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "new");
}

TEST(Snapshots, AVolumeWithSnapshotsIsNotRemoved) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    ASSERT_TRUE(world.snapshot("db", "s1"));
    const auto refused = world.remove("db");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_NE(refused.error().message.find("s1"), std::string::npos);
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->status, VolumeStatus::available);
    ASSERT_TRUE(world.remove_snapshot("db", "s1"));
    EXPECT_EQ(world.remove_snapshot("db", "s1").error().code, Code::not_found);
    EXPECT_TRUE(world.remove("db"));
}

TEST(Snapshots, RevertBringsTheDataBackAndIsRefusedInUse) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    write_file(mounted->mountpoint + "/file", "old");
    ASSERT_TRUE(world.snapshot("db", "s1"));
    write_file(mounted->mountpoint + "/file", "new");
    EXPECT_EQ(world.revert("db", "s1").error().code, Code::conflict);
    ASSERT_TRUE(world.unmount("db"));
    const auto reverted = world.revert("db", "s1");
    ASSERT_TRUE(reverted) << reverted.error().message;
    mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "old");
}

TEST(Snapshots, OneFromBeforeTheFirstFilesystemMakesACloneThatIsFormattedButNoRevert) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    ASSERT_TRUE(world.snapshot("db", "empty"));
    ASSERT_TRUE(world.mount("db"));
    ASSERT_TRUE(world.unmount("db"));
    EXPECT_EQ(world.revert("db", "empty").error().code, Code::conflict);
    ASSERT_TRUE(world.create(
        {.name = "copy",
         .source = VolumeSource{.kind = VolumeSource::Kind::snapshot, .volume = "db", .snapshot = "empty"}}));
    const auto copy = world.mount("copy");
    EXPECT_TRUE(copy) << copy.error().message;
}

TEST(Clones, OneOfAMountedVolumeHasItsDataAndALargerOneGrows) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    write_file(mounted->mountpoint + "/file", "data");
    const auto clone =
        world.create({.name = "copy",
                      .bytes = 128 * kMiB,
                      .source = VolumeSource{.kind = VolumeSource::Kind::volume, .volume = "db"}});
    ASSERT_TRUE(clone) << clone.error().message;
    EXPECT_FALSE(is_frozen(mounted->mountpoint));
    const auto copy = world.mount("copy");
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(read_file(copy->mountpoint + "/file"), "data");
    EXPECT_GT(filesystem_bytes(copy->mountpoint), filesystem_bytes(mounted->mountpoint) + 32 * kMiB);
    const auto smaller =
        world.create({.name = "small",
                      .bytes = 32 * kMiB,
                      .source = VolumeSource{.kind = VolumeSource::Kind::volume, .volume = "db"}});
    EXPECT_EQ(smaller.error().code, Code::invalid);
}

TEST(Clones, TwoXfsCopiesOfOneFilesystemMountSideBySide) {
    World world;
    ASSERT_TRUE(world.create("x", 320 * kMiB, "xfs"));
    const auto mounted = world.mount("x");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "data");
    ASSERT_TRUE(world.create(
        {.name = "copy", .source = VolumeSource{.kind = VolumeSource::Kind::volume, .volume = "x"}}));
    const auto copy = world.mount("copy");
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(read_file(copy->mountpoint + "/file"), "data");
}

} // namespace
} // namespace drover
