// The main job on real devices: create, mount, write, unmount, and what must never happen on the way.
#include "core/filesystem/mount_table.hpp"
#include "core/volume/identity.hpp"
#include "core/volume/testing/world.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover {
namespace {

using testing::read_file;
using testing::World;
using testing::write_file;

constexpr std::uint64_t kMiB = 1U << 20U;

std::filesystem::path image_of(World &world, const std::string &id) {
    for (const auto &file : std::filesystem::recursive_directory_iterator(world.backend_root())) {
        if (file.path().filename().string().starts_with(id) && file.path().extension() == ".img")
            return file.path();
    }
    return {};
}

bool is_mounted(const std::filesystem::path &target) {
    const auto table = filesystem::mount_table();
    EXPECT_TRUE(table);
    return table && std::any_of(table->begin(), table->end(),
                                [&](const auto &entry) { return entry.target == target.native(); });
}

TEST(Volumes, DataOutlivesUnmountAndMount) {
    World world;
    const auto created = world.create("db", 64 * kMiB);
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_EQ(created->status, VolumeStatus::available);
    EXPECT_EQ(created->id, uuid_v5(kDefaultClusterId, "db"));
    auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(mounted->mountpoint, (world.mount_root() / created->id).string());
    EXPECT_EQ(mounted->volume.status, VolumeStatus::in_use);
    EXPECT_FALSE(
        std::filesystem::exists(mounted->mountpoint + "/lost+found")); // databases want an empty folder
    write_file(mounted->mountpoint + "/file", "kept");
    ASSERT_TRUE(world.unmount("db"));
    EXPECT_FALSE(is_mounted(mounted->mountpoint));
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->mountpoint, "");
    mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
    ASSERT_TRUE(world.unmount("db"));
    ASSERT_TRUE(world.remove("db"));
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"}).error().code, Code::not_found);
    EXPECT_EQ(world.driver().get({}, created->id).error().code, Code::not_found);
}

TEST(Volumes, XfsWorksToo) {
    World world;
    ASSERT_TRUE(world.create("x", 320 * kMiB, "xfs"));
    auto mounted = world.mount("x");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "kept");
    ASSERT_TRUE(world.unmount("x"));
    mounted = world.mount("x");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
}

TEST(Volumes, UsesAreCountedPerCallerAndTheLastOneUnmounts) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db", "a");
    ASSERT_TRUE(mounted);
    ASSERT_TRUE(world.mount("db", "b"));
    ASSERT_TRUE(world.mount("db", "a")); // docker cp mounts again with the running container's id
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->uses, 3U);
    ASSERT_TRUE(world.unmount("db", "a"));
    ASSERT_TRUE(world.unmount("db", "b"));
    EXPECT_TRUE(is_mounted(mounted->mountpoint));
    ASSERT_TRUE(world.unmount("db", "b")); // twice: success, no change
    ASSERT_TRUE(world.unmount("db", "stranger"));
    EXPECT_TRUE(is_mounted(mounted->mountpoint));
    ASSERT_TRUE(world.unmount("db", "a"));
    EXPECT_FALSE(is_mounted(mounted->mountpoint));
}

TEST(Volumes, CreateIsIdempotentAndAnotherShapeIsRefused) {
    World world;
    const auto first = world.create("db", 64 * kMiB);
    ASSERT_TRUE(first);
    const auto second = world.create("db", 64 * kMiB);
    ASSERT_TRUE(second);
    EXPECT_EQ(first->id, second->id);
    EXPECT_EQ(world.create("db", 128 * kMiB).error().code, Code::exists);
    EXPECT_TRUE(world.create({.name = "db", .bytes = 128 * kMiB, .any_shape = true}));
    EXPECT_EQ(world.create({.name = "nope", .must_exist = true}).error().code, Code::not_found);
    EXPECT_EQ(world.create({.name = "../etc", .bytes = kMiB}).error().code, Code::invalid);
    EXPECT_EQ(world.create({.name = "v", .backend = "typo"}).error().code, Code::not_found);
    EXPECT_EQ(world.create({.name = "v", .bytes = 64 * kMiB, .fstype = "ntfs"}).error().code, Code::invalid);
}

TEST(Volumes, AFormattedVolumeIsNeverFormattedAgainEvenWhenItLooksBlank) {
    World world;
    const auto created = world.create("db", 64 * kMiB);
    ASSERT_TRUE(created);
    ASSERT_TRUE(world.mount("db"));
    ASSERT_TRUE(world.unmount("db"));
    const auto image = image_of(world, created->id);
    ASSERT_FALSE(image.empty());
    std::filesystem::resize_file(image, 0);
    std::filesystem::resize_file(image, 64 * kMiB); // as blank as a new one
    const auto mounted = world.mount("db");
    ASSERT_FALSE(mounted);
    EXPECT_EQ(mounted.error().code, Code::conflict);
    EXPECT_NE(mounted.error().message.find("nothing was written"), std::string::npos)
        << mounted.error().message;
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->uses, 0U);
    std::ifstream in(image, std::ios::binary);
    std::vector<char> bytes(4 * kMiB);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; }));
}

// What a device may carry that is not ours. The tools write each onto the image while it is detached.
struct Signature {
    const char *name;
    const char *command; // $1 is the image
};

class ForeignSignature : public ::testing::TestWithParam<Signature> {};

TEST_P(ForeignSignature, IsNeitherFormattedNorMounted) {
    World world;
    // mkfs.xfs wants 300 MiB, and the image is compared byte for byte.
    const auto created = world.create("db", (GetParam().name == std::string("xfs") ? 320 : 32) * kMiB);
    ASSERT_TRUE(created);
    const auto image = image_of(world, created->id);
    const pid_t child = ::fork();
    if (child == 0) {
        const int null = ::open("/dev/null", O_RDWR);
        ::dup2(null, 0);
        ::dup2(null, 1);
        ::dup2(null, 2);
        ::execl("/bin/sh", "sh", "-c", GetParam().command, "sh", image.c_str(), nullptr);
        ::_exit(127);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << GetParam().command;
    const std::string before = read_file(image);
    const auto mounted = world.mount("db");
    ASSERT_FALSE(mounted);
    EXPECT_EQ(mounted.error().code, Code::conflict) << mounted.error().message;
    world.settle();
    EXPECT_TRUE(read_file(image) == before) << "something was written to the device";
    EXPECT_FALSE(is_mounted(world.mount_root() / created->id));
    EXPECT_TRUE(world.driver().get({}, created->id)->attached_nodes.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Volumes, ForeignSignature,
    ::testing::Values(Signature{"ext4", "mkfs.ext4 -qF \"$1\""}, Signature{"xfs", "mkfs.xfs -q \"$1\""},
                      Signature{"swap", "mkswap \"$1\""},
                      Signature{"dos_table", "echo 'label: dos\n,10M' | sfdisk -q \"$1\""},
                      Signature{"gpt_table", "echo 'label: gpt\n,10M' | sfdisk -q \"$1\""},
                      Signature{"luks", "printf 'LUKS\\272\\276\\000\\001' | dd of=\"$1\" conv=notrunc"},
                      Signature{"lvm", "printf "
                                       "'LABELONE\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000"
                                       "\\040\\000\\000\\000LVM2 001' | "
                                       "dd of=\"$1\" bs=512 seek=1 conv=notrunc"},
                      Signature{"plain_data_at_the_head", "echo precious | dd of=\"$1\" conv=notrunc"},
                      Signature{"plain_data_at_the_tail",
                                "echo precious | dd of=\"$1\" bs=1M seek=31 conv=notrunc"}),
    [](const auto &row) { return std::string(row.param.name); });

TEST(Volumes, AMountPointThatIsNotEmptyIsRefused) {
    World world;
    const auto created = world.create("db", 64 * kMiB);
    ASSERT_TRUE(created);
    const auto target = world.mount_root() / created->id;
    std::filesystem::create_directories(target);
    write_file(target / "somebody's file", "x");
    const auto mounted = world.mount("db");
    ASSERT_FALSE(mounted);
    EXPECT_NE(mounted.error().message.find("not empty"), std::string::npos) << mounted.error().message;
    EXPECT_TRUE(std::filesystem::exists(target / "somebody's file"));
}

TEST(Volumes, ABusyVolumeStaysMountedAndNamesItsHolder) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    {
        std::ofstream open_file(mounted->mountpoint + "/open");
        const auto unmounted = world.unmount("db");
        ASSERT_FALSE(unmounted);
        EXPECT_EQ(unmounted.error().code, Code::conflict);
        EXPECT_NE(unmounted.error().message.find(std::to_string(::getpid())), std::string::npos)
            << unmounted.error().message;
        EXPECT_TRUE(is_mounted(mounted->mountpoint));
        EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->uses, 1U); // the next try works
        EXPECT_EQ(world.remove("db").error().code, Code::conflict);
    }
    EXPECT_TRUE(world.unmount("db"));
}

TEST(Volumes, AnotherNodeIsRefusedWhileOneHasItAndGetsItWithTheDataAfterwards) {
    World here;
    World there({.node_id = "node-b", .backend_root = here.backend_root()});
    ASSERT_TRUE(here.create("db", 64 * kMiB));
    const auto mounted = here.mount("db");
    ASSERT_TRUE(mounted);
    write_file(mounted->mountpoint + "/file", "moved");
    ASSERT_TRUE(there.create("db", 64 * kMiB)); // found by its name
    EXPECT_FALSE(there.volumes().get({.name_or_id = "db"})->created_by_us);
    const auto refused = there.mount("db");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_NE(refused.error().message.find("node-a"), std::string::npos) << refused.error().message;
    EXPECT_EQ(there.remove("db").error().code, Code::conflict); // in use elsewhere
    EXPECT_EQ(there.extend("db", 128 * kMiB).error().code, Code::conflict);
    ASSERT_TRUE(here.unmount("db"));
    const auto moved = there.mount("db");
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_EQ(read_file(moved->mountpoint + "/file"), "moved");
    ASSERT_TRUE(there.unmount("db"));
    // Forgotten, not destroyed: it was not made there.
    ASSERT_TRUE(there.remove("db", RemovePolicy::destroy_if_ours));
    EXPECT_TRUE(here.mount("db"));
    EXPECT_TRUE(here.unmount("db"));
}

TEST(Volumes, AVolumeMadeButNeverMountedElsewhereIsFormattedHere) {
    World here;
    World there({.node_id = "node-b", .backend_root = here.backend_root()});
    ASSERT_TRUE(here.create("db", 64 * kMiB));
    ASSERT_TRUE(there.create("db", 64 * kMiB));
    const auto mounted = there.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "from b");
    ASSERT_TRUE(there.unmount("db"));
    // The first node still believes that it was never formatted. It must find out.
    const auto back = here.mount("db");
    ASSERT_FALSE(back && read_file(back->mountpoint + "/file") != "from b") << "formatted twice";
}

TEST(Volumes, ALostVolumeIsAnErrorAndNeverMadeAgain) {
    World world;
    const auto created = world.create("db", 64 * kMiB);
    ASSERT_TRUE(created);
    ASSERT_TRUE(world.driver().destroy({}, created->id)); // somebody did it on the array
    const auto mounted = world.mount("db");
    ASSERT_FALSE(mounted);
    EXPECT_EQ(mounted.error().code, Code::not_found);
    EXPECT_EQ(world.driver().get({}, created->id).error().code, Code::not_found);
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->status, VolumeStatus::lost);
    EXPECT_TRUE(world.remove("db"));
}

TEST(Volumes, DoubtChangesNothing) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted);
    world.backends().set_reachable(false);
    EXPECT_FALSE(world.unmount("db"));
    EXPECT_TRUE(is_mounted(mounted->mountpoint));
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->uses, 1U);
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->mountpoint,
              mounted->mountpoint); // reads need no backend
    world.backends().set_reachable(true);
    EXPECT_TRUE(world.unmount("db"));
}

TEST(Volumes, RootOptionsApplyOnceToANewFilesystem) {
    World world;
    ASSERT_TRUE(world.create({.name = "db",
                              .bytes = 64 * kMiB,
                              .root = {.mode = 0750, .uid = 999, .gid = 998, .subfolder = "data"}}));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(std::filesystem::path(mounted->mountpoint).filename(), "data");
    struct stat status {};
    ASSERT_EQ(::stat(mounted->mountpoint.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0750U);
    EXPECT_EQ(status.st_uid, 999U);
    EXPECT_EQ(status.st_gid, 998U);
    ASSERT_EQ(::chmod(mounted->mountpoint.c_str(), 0700), 0); // the user's change stays
    ASSERT_TRUE(world.unmount("db"));
    ASSERT_TRUE(world.mount("db"));
    ASSERT_EQ(::stat(mounted->mountpoint.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

} // namespace
} // namespace drover
