#include "core/filesystem/device_fixture.hpp"
#include "core/filesystem/mount_table.hpp"

#include <atomic>
#include <csignal>
#include <set>
#include <sys/mount.h>
#include <sys/wait.h>
#include <thread>

namespace drover::filesystem {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(MountTableTest, ReadsEveryField) {
    auto table = parse_mountinfo(
        "36 35 98:0 /mnt1 /a\\040b\\134 rw,noatime shared:1 master:2 - ext3 /dev/ro\\011ot rw\n"
        "37 1 0:5 / / ro - tmpfs  rw\n");
    ASSERT_TRUE(table.has_value()) << table.error().message;
    EXPECT_THAT(*table, ElementsAre(MountEntry{36, 35, 98, 0, "/mnt1", "/a b\\", "ext3", "/dev/ro\tot",
                                               "rw,noatime", "shared:1 master:2"},
                                    MountEntry{37, 1, 0, 5, "/", "/", "tmpfs", "", "ro", ""}));
    EXPECT_TRUE(table->front().is_shared());
    EXPECT_TRUE(table->back().is_read_only());
}

TEST(MountTableTest, ALineThatDoesNotReadIsAnErrorForTheWholeTable) {
    for (const char *bad : {"x", "36 35 98 / / rw - ext4 d rw", "36 35 98:0 / / rw shared:1",
                            "36 35 98:0x / / rw - ext4 d rw", "99999999999 1 1:1 / / rw - ext4 d rw", "\n"}) {
        auto table = parse_mountinfo(bad);
        ASSERT_FALSE(table.has_value()) << bad;
        EXPECT_THAT(table.error().message, HasSubstr("does not read"));
    }
    EXPECT_THAT(parse_mountinfo("").value(), IsEmpty());
}

class MountsTest : public DeviceTest {};

TEST_F(MountsTest, FindsMountsByNumberWhereverTheyAre) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    const auto odd = folder() / "with space\tand \\ more";
    mount_at(loop, odd, "ext4");
    const auto again = folder() / "again";
    std::filesystem::create_directory(again);
    ASSERT_EQ(::mount(odd.c_str(), again.c_str(), nullptr, MS_BIND, nullptr), 0);
    EXPECT_THAT(
        mounts_of(loop.number_major(), loop.number_minor()).value(),
        ElementsAre(Field(&MountEntry::target, odd.string()), Field(&MountEntry::target, again.string())));
    EXPECT_EQ(mounted_at(odd).value()->fstype, "ext4");
    EXPECT_FALSE(mounted_at(folder() / "none").value().has_value());
}

TEST_F(MountsTest, TheLaterOfTwoOnOneTargetIsOnTop) {
    ASSERT_EQ(::mount("first", folder().c_str(), "tmpfs", 0, "size=1m"), 0);
    EXPECT_EQ(mounted_at(folder()).value()->source, "first");
    ASSERT_EQ(::umount(folder().c_str()), 0);
}

TEST_F(MountsTest, EnsureSharedMakesOneSharedMountAndIsRepeatable) {
    const auto root = folder() / "root";
    std::filesystem::create_directory(root);
    ASSERT_TRUE(ensure_shared(root).has_value());
    const auto entry = mounted_at(root).value();
    ASSERT_TRUE(entry.has_value());
    EXPECT_TRUE(entry->is_shared());
    ASSERT_TRUE(ensure_shared(root).has_value());
    EXPECT_EQ(mounted_at(root).value()->id, entry->id);
    EXPECT_EQ(ensure_shared(folder() / "none").error().code, Code::not_found);
}

TEST_F(MountsTest, ATableThatChangesWhileItIsReadShowsWhatStayedOnce) {
    constexpr int kStaying = 150; // several pages of table
    for (int i = 0; i < kStaying; ++i) {
        const auto at = folder() / ("staying-" + std::to_string(i));
        std::filesystem::create_directory(at);
        ASSERT_EQ(::mount("none", at.c_str(), "tmpfs", 0, "size=4k"), 0);
    }
    const auto coming = folder() / "coming";
    std::filesystem::create_directory(coming);
    const auto staying = [&](const std::vector<MountEntry> &table) {
        std::set<std::string> targets;
        std::size_t rows = 0;
        for (const auto &entry : table) {
            if (!entry.target.starts_with(folder().string() + "/staying-"))
                continue;
            ++rows;
            targets.insert(entry.target);
        }
        return rows == kStaying && targets.size() == kStaying;
    };
    std::atomic<bool> changing = true;
    std::thread changer([&] {
        for (int i = 0; i < 300; ++i) {
            if (::mount("none", coming.c_str(), "tmpfs", 0, "size=4k") == 0)
                (void)::umount2(coming.c_str(), UMOUNT_NOFOLLOW);
        }
        changing = false;
    });
    while (changing) {
        const auto table = mount_table();
        if (table) {
            EXPECT_TRUE(staying(*table));
        } else {
            EXPECT_TRUE(table.error().retryable) << table.error().message;
        }
    }
    changer.join();
    EXPECT_TRUE(staying(mount_table().value()));
}

TEST_F(MountsTest, AnotherNamespaceWithTheDeviceIsSeen) {
    const LoopDevice loop(64 * kMiB);
    make(loop, "ext4");
    mount_at(loop, target(), "ext4");
    EXPECT_THAT(mount_namespaces_using(loop.number_major(), loop.number_minor()).value(), IsEmpty());

    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        // A copy of the namespace, as a container's: it keeps the mount when ours is gone.
        const char answer = ::unshare(CLONE_NEWNS) == 0 ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) == 1)
            ::pause();
        ::_exit(0);
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    ASSERT_EQ(answer, 'y');
    ASSERT_TRUE(unmount_from(loop, target()).has_value());
    auto uses = mount_namespaces_using(loop.number_major(), loop.number_minor());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    ASSERT_TRUE(uses.has_value());
    ASSERT_EQ(uses->size(), 1U);
    EXPECT_EQ(uses->front().pid, child);
    EXPECT_EQ(uses->front().target, target().string());
}

} // namespace
} // namespace drover::filesystem
