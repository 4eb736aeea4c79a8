// The agent dies, the machine dies, the engine dies: what must be true afterwards.
#include "core/filesystem/mount_table.hpp"
#include "core/volume/testing/meddled_driver.hpp"
#include "core/volume/testing/world.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace drover {
namespace {

using testing::Meddled;
using testing::read_file;
using testing::World;
using testing::write_file;

constexpr std::uint64_t kMiB = 1U << 20U;

bool is_mounted(const std::string &target) {
    const auto found = filesystem::mounted_at(target);
    EXPECT_TRUE(found);
    return found && found->has_value();
}

// A container, as far as the kernel is concerned: a process whose own mount namespace has what was mounted
// when it began.
class Container {
public:
    Container() {
        int ready[2];
        if (::pipe2(ready, O_CLOEXEC) != 0)
            std::abort();
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const bool apart = ::unshare(CLONE_NEWNS) == 0 &&
                               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
            const char answer = apart ? '1' : '0';
            // It must not hold the agent's lock on its state, from the moment when it is known to run.
            (void)::dup2(ready[1], STDOUT_FILENO);
            ::close_range(3, ~0U, 0);
            (void)!::write(STDOUT_FILENO, &answer, 1);
            ::close(STDOUT_FILENO);
            for (;;)
                ::pause();
        }
        ::close(ready[1]);
        char answer = '0';
        apart_ = ::read(ready[0], &answer, 1) == 1 && answer == '1';
        ::close(ready[0]);
    }
    ~Container() { kill(); }
    void kill() {
        if (pid_ <= 0)
            return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] bool runs_apart() const { return apart_; }

private:
    pid_t pid_ = -1;
    bool apart_ = false;
};

TEST(Recovery, AnAgentRestartLeavesMountsAndDeliveredCountsAlone) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "kept");
    world.volumes().mount_delivered({.name_or_id = "db"}, "u1");
    world.settle();
    world.restart_agent();
    world.settle();
    EXPECT_TRUE(is_mounted(mounted->mountpoint));
    const auto view = world.volumes().get({.name_or_id = "db"});
    EXPECT_EQ(view->uses, 1U);
    EXPECT_EQ(view->mountpoint, mounted->mountpoint);
    ASSERT_TRUE(world.unmount("db"));
    EXPECT_FALSE(is_mounted(mounted->mountpoint));
}

TEST(Recovery, AUseThatWasNeverAnsweredIsTakenBack) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    world.restart_agent(); // before the caller had its answer
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->uses, 0U);
    EXPECT_FALSE(is_mounted(mounted->mountpoint));
    EXPECT_TRUE(world.mount("db"));
}

TEST(Recovery, AUseThatWasNeverAnsweredStaysWhileAContainerHasTheFilesystem) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    const Container container;
    ASSERT_TRUE(container.runs_apart());
    world.restart_agent();
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->uses, 1U);
    EXPECT_TRUE(is_mounted(mounted->mountpoint));
}

TEST(Recovery, AfterARebootNothingIsCountedAndTheVolumeComesBackWithItsData) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "kept");
    ::sync();
    world.volumes().mount_delivered({.name_or_id = "db"}, "u1");
    world.settle();
    world.pretend_reboot();
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->uses, 0U);
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->mountpoint, "");
    mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "kept");
}

TEST(Recovery, AFilesystemThatACrashLeftFrozenIsThawedAtTheStart) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    world.volumes().mount_delivered({.name_or_id = "db"}, "u1");
    world.settle();
    VolumeRecord record = *world.journal().volume_named("db");
    record.frozen = true; // as a snapshot writes it before it freezes
    ASSERT_TRUE(world.journal().save(record, Step::recover_record));
    const int fd = ::open(mounted->mountpoint.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(::ioctl(fd, FIFREEZE, 0), 0);
    world.restart_agent();
    world.settle();
    EXPECT_EQ(::ioctl(fd, FITHAW, 0), -1) << "it was still frozen";
    ::close(fd);
    EXPECT_FALSE(world.journal().volume_named("db")->frozen);
}

TEST(Recovery, WhatWasBegunIsFinished) {
    World world;
    const auto created = world.create("db", 64 * kMiB);
    ASSERT_TRUE(created);
    ASSERT_TRUE(world.create("old", 64 * kMiB));
    // As crashes leave them: a create that was announced but not made, an extend and a removal that were
    // announced.
    VolumeRecord announced{.id = "5f5d2c3a-8f0e-5c7d-9c55-0123456789ab",
                           .name = "new",
                           .backend = "loopback",
                           .bytes = 64 * kMiB,
                           .intent = true,
                           .fstype = "ext4"};
    ASSERT_TRUE(world.journal().save(announced, Step::recover_record));
    VolumeRecord growing = *world.journal().volume_named("db");
    growing.extend_to = 96 * kMiB;
    ASSERT_TRUE(world.journal().save(growing, Step::recover_record));
    VolumeRecord leaving = *world.journal().volume_named("old");
    leaving.desired = plan::Desired::destroy;
    ASSERT_TRUE(world.journal().save(leaving, Step::recover_record));
    world.restart_agent();
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "new"})->status, VolumeStatus::available);
    EXPECT_TRUE(world.driver().get({}, announced.id));
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->bytes, 96 * kMiB);
    EXPECT_EQ(world.volumes().get({.name_or_id = "old"}).error().code, Code::not_found);
    EXPECT_EQ(world.driver().get({}, leaving.id).error().code, Code::not_found);
}

TEST(Recovery, ASnapshotThatWasAnnouncedIsThereOrForgotten) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto taken = world.snapshot("db", "taken");
    ASSERT_TRUE(taken);
    SnapshotRecord record = *world.journal().snapshot(taken->id);
    record.state = SnapshotRecord::State::creating;
    ASSERT_TRUE(world.journal().save(record, Step::recover_record));
    record.id = "5f5d2c3a-8f0e-5c7d-9c55-0123456789ab";
    record.name = "never taken";
    ASSERT_TRUE(world.journal().save(record, Step::recover_record));
    world.restart_agent();
    world.settle();
    EXPECT_EQ(world.volumes().snapshot("taken", VolumeRef{.name_or_id = "db"})->status, "ready");
    EXPECT_FALSE(world.volumes().snapshot("never taken", VolumeRef{.name_or_id = "db"}));
}

TEST(Engine, ANewOneDropsTheCountsOfContainersThatAreGoneAndKeepsThoseThatRun) {
    World world;
    world.volumes().engine_seen({.pid = 100, .start_ticks = 1});
    ASSERT_TRUE(world.create("gone", 64 * kMiB));
    ASSERT_TRUE(world.create("runs", 64 * kMiB));
    const auto runs = world.mount("runs", "container");
    ASSERT_TRUE(runs);
    ASSERT_TRUE(world.mount("runs", "container"));
    Container container; // has "runs", not "gone"
    ASSERT_TRUE(container.runs_apart());
    const auto gone = world.mount("gone", "container");
    ASSERT_TRUE(gone);
    world.volumes().engine_seen({.pid = 100, .start_ticks = 1}); // the same one: nothing happens
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "gone"})->uses, 1U);
    world.volumes().engine_seen({.pid = 200, .start_ticks = 2});
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "gone"})->uses, 0U);
    EXPECT_FALSE(is_mounted(gone->mountpoint));
    EXPECT_EQ(world.volumes().get({.name_or_id = "runs"})->uses, 1U); // each id counts once again
    EXPECT_TRUE(is_mounted(runs->mountpoint));
    // docker cp on the container that still runs counts; its id after its end is a new start.
    ASSERT_TRUE(world.mount("runs", "container"));
    EXPECT_EQ(world.volumes().get({.name_or_id = "runs"})->uses, 2U);
    ASSERT_TRUE(world.unmount("runs", "container"));
    container.kill();
    ASSERT_TRUE(world.mount("runs", "container"));
    EXPECT_EQ(world.volumes().get({.name_or_id = "runs"})->uses, 1U);
}

TEST(Engine, NoCountIsDroppedWhileTheDeviceCannotBeTold) {
    std::shared_ptr<Meddled> meddled;
    World world({.wrap = [&](std::shared_ptr<Driver> inner) {
        meddled = std::make_shared<Meddled>(std::move(inner));
        return meddled;
    }});
    world.volumes().engine_seen({.pid = 100, .start_ticks = 1});
    ASSERT_TRUE(world.create("runs", 64 * kMiB));
    const auto runs = world.mount("runs", "container");
    ASSERT_TRUE(runs);
    const Container container;
    ASSERT_TRUE(container.runs_apart());
    meddled->resolve_fails = [] {
        return Error{.code = Code::deadline, .message = "too slow", .retryable = true};
    };
    world.volumes().engine_seen({.pid = 200, .start_ticks = 2});
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "runs"})->uses, 1U);
    EXPECT_TRUE(is_mounted(runs->mountpoint));
    meddled->resolve_fails = nullptr;
}

TEST(MountTable, AMountPointThatAnAdministratorUnmountedIsNotShownAnyMore) {
    World world;
    ASSERT_TRUE(world.create("db", 64 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    ASSERT_EQ(::umount2(mounted->mountpoint.c_str(), 0), 0);
    world.volumes().mounts_changed();
    world.settle();
    EXPECT_EQ(world.volumes().get({.name_or_id = "db"})->mountpoint, "");
    const auto again = world.mount("db", "u2"); // the next caller gets it mounted
    EXPECT_TRUE(again) << again.error().message;
}

TEST(Detach, NeverWhileAContainerHasTheFilesystem) {
    World world;
    const auto created = world.create("db", 64 * kMiB);
    ASSERT_TRUE(created);
    ASSERT_TRUE(world.mount("db"));
    Container container;
    ASSERT_TRUE(container.runs_apart());
    // The unmount here succeeds, but the container's copy keeps the device busy: it must stay attached.
    world.unmount("db");
    EXPECT_FALSE(world.driver().get({}, created->id)->attached_nodes.empty());
    container.kill();
    const auto again = world.mount("db"); // finds it attached and goes on
    EXPECT_TRUE(again) << again.error().message;
    EXPECT_TRUE(world.unmount("db"));
    world.settle();
    EXPECT_TRUE(world.driver().get({}, created->id)->attached_nodes.empty());
}

} // namespace
} // namespace drover
