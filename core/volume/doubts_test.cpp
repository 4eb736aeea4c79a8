// What is done when something is not quite known: a growth that is half way, a revert whose answer was lost,
// content that another agent wrote, two requests that meet.
#include "core/filesystem/mount_table.hpp"
#include "core/volume/testing/meddled_driver.hpp"
#include "core/volume/testing/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <semaphore>

namespace drover {
namespace {

using testing::Meddled;
using testing::read_file;
using testing::World;
using testing::write_file;

constexpr std::uint64_t kMiB = 1024UL * 1024;
constexpr std::uint64_t kSmall = 16 * kMiB;

Error lost_answer() {
    Error lost{.code = Code::deadline, .message = "the answer was lost", .retryable = true};
    lost.state_unknown = true;
    return lost;
}

class Doubts : public ::testing::Test {
protected:
    Doubts()
        : world_({.wrap = [this](std::shared_ptr<Driver> inner) {
              meddled_ = std::make_shared<Meddled>(std::move(inner));
              return meddled_;
          }}) {}

    // Mounted by a caller that has its answer.
    VolumeView in_use(const std::string &name, const std::string &data) {
        EXPECT_TRUE(world_.create(name, kSmall));
        const auto mounted = world_.mount(name);
        EXPECT_TRUE(mounted) << mounted.error().message;
        write_file(mounted->mountpoint + "/file", data);
        world_.volumes().mount_delivered({.name_or_id = name}, "u1");
        world_.settle();
        return mounted->volume;
    }
    std::string data_of(const std::string &name) {
        const auto mounted = world_.mount(name, "look");
        EXPECT_TRUE(mounted) << mounted.error().message;
        if (!mounted)
            return {};
        std::string data = read_file(mounted->mountpoint + "/file");
        EXPECT_TRUE(world_.unmount(name, "look"));
        return data;
    }

    std::shared_ptr<Meddled> meddled_; // before the world, which makes it
    World world_;
};

TEST_F(Doubts, AGrowthThatTheDeviceHasNotFollowedKeepsAVolumeMounted) {
    const auto view = in_use("db", "here");
    const std::string target = (world_.mount_root() / view.id).string();
    const auto before = filesystem::mounted_at(target);
    ASSERT_TRUE(before && *before);
    meddled_->on_get = [](BackendVolume &row) { row.bytes += kMiB; };
    const auto second = world_.mount("db", "u2");
    EXPECT_TRUE(second) << second.error().message;
    const auto after = filesystem::mounted_at(target);
    ASSERT_TRUE(after && *after);
    EXPECT_EQ((*after)->id, (*before)->id) << "it was mounted anew";
    EXPECT_TRUE(world_.unmount("db", "u2"));
    // Not mounted, it waits for its device.
    ASSERT_TRUE(world_.unmount("db"));
    EXPECT_FALSE(world_.mount("db"));
    meddled_->on_get = nullptr;
    EXPECT_EQ(data_of("db"), "here");
}

TEST_F(Doubts, ARevertWhoseAnswerWasLostIsOverSoon) {
    in_use("db", "old");
    ASSERT_TRUE(world_.snapshot("db", "monday"));
    write_file(world_.volumes().get({.name_or_id = "db"})->mountpoint + "/file", "new");
    ASSERT_TRUE(world_.unmount("db"));
    std::atomic<int> calls = 0;
    std::binary_semaphore again(0);
    meddled_->revert_fails = [&]() -> std::optional<Error> {
        if (++calls == 1)
            return lost_answer();
        again.release();
        return std::nullopt;
    };
    ASSERT_FALSE(world_.revert("db", "monday"));
    ASSERT_TRUE(again.try_acquire_for(std::chrono::seconds(60))) << "nobody goes on with it";
    world_.settle();
    EXPECT_EQ(data_of("db"), "old");
}

// Between two lives of an agent another node may have used the volume.
TEST_F(Doubts, ARevertOfAnEarlierLifeIsNotGoneOnWith) {
    in_use("db", "old");
    ASSERT_TRUE(world_.snapshot("db", "monday"));
    write_file(world_.volumes().get({.name_or_id = "db"})->mountpoint + "/file", "new");
    ASSERT_TRUE(world_.unmount("db"));
    meddled_->revert_fails = [] { return lost_answer(); };
    ASSERT_FALSE(world_.revert("db", "monday"));
    world_.restart_agent(); // with a driver that would do it
    world_.settle();
    EXPECT_EQ(data_of("db"), "new");
    ASSERT_TRUE(world_.revert("db", "monday"));
    EXPECT_EQ(data_of("db"), "old");
}

TEST_F(Doubts, CopiesOfAVolumeThatAnotherAgentFilledCanBeUsed) {
    in_use("db", "theirs");
    ASSERT_TRUE(world_.unmount("db"));
    World other({.node_id = "node-b", .backend_root = world_.backend_root()});
    ASSERT_TRUE(other.create("db", kSmall)); // adopted, never mounted there
    ASSERT_TRUE(other.snapshot("db", "monday"));
    const auto id = other.volumes().get({.name_or_id = "db"})->id;
    const auto clone = other.create(
        {.name = "copy", .source = VolumeSource{.kind = VolumeSource::Kind::volume, .volume = "db"}});
    ASSERT_TRUE(clone) << clone.error().message;
    const auto restored = other.create(
        {.name = "restored",
         .source = VolumeSource{.kind = VolumeSource::Kind::snapshot, .volume = "db", .snapshot = "monday"}});
    ASSERT_TRUE(restored) << restored.error().message;
    for (const char *name : {"copy", "restored"}) {
        const auto mounted = other.mount(name);
        ASSERT_TRUE(mounted) << name << ": " << mounted.error().message;
        EXPECT_EQ(read_file(mounted->mountpoint + "/file"), "theirs");
        EXPECT_TRUE(other.unmount(name));
    }
    const auto mounted = other.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "changed");
    ASSERT_TRUE(other.unmount("db"));
    const auto reverted = other.revert("db", "monday");
    ASSERT_TRUE(reverted) << reverted.error().message;
    EXPECT_EQ(data_of("db"), "theirs");
}

TEST_F(Doubts, OfTwoCreatesThatMeetOneGetsTheName) {
    std::promise<Result<VolumeView>> second;
    std::atomic<bool> met = false;
    // The first is asking the backend: its record is not written yet.
    meddled_->get_fails = [&]() -> std::optional<Error> {
        if (!met.exchange(true)) {
            world_.volumes().create(
                {.name = "db", .id = "22222222-2222-4222-8222-222222222222", .bytes = kSmall}, {},
                [&](Result<VolumeView> result) { second.set_value(std::move(result)); });
        }
        return std::nullopt;
    };
    const auto first = world_.create(
        VolumeSpec{.name = "db", .id = "11111111-1111-4111-8111-111111111111", .bytes = kSmall});
    const auto other = second.get_future().get();
    meddled_->get_fails = nullptr;
    EXPECT_NE(first.has_value(), other.has_value());
    const auto &refused = first ? other : first;
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::exists) << refused.error().message;
    EXPECT_EQ(world_.volumes().list({}).size(), 1U);
}

TEST_F(Doubts, OfTwoCreatesThatMeetOneGetsTheId) {
    const std::string id = "11111111-1111-4111-8111-111111111111";
    std::promise<Result<VolumeView>> second;
    std::atomic<bool> met = false;
    meddled_->get_fails = [&]() -> std::optional<Error> {
        if (!met.exchange(true)) {
            world_.volumes().create({.name = "cache", .id = id, .bytes = kSmall}, {},
                                    [&](Result<VolumeView> result) { second.set_value(std::move(result)); });
        }
        return std::nullopt;
    };
    const auto first = world_.create(VolumeSpec{.name = "db", .id = id, .bytes = kSmall});
    const auto other = second.get_future().get();
    meddled_->get_fails = nullptr;
    EXPECT_TRUE(first) << first.error().message;
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Code::exists) << other.error().message;
}

TEST_F(Doubts, ANameCannotStandForAnotherVolumesId) {
    const auto created = world_.create("db", kSmall);
    ASSERT_TRUE(created);
    const auto refused = world_.create(created->id, kSmall);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::invalid);
    EXPECT_NE(refused.error().message.find("looks like a volume's id"), std::string::npos)
        << refused.error().message;
}

// As after a restart, with a host object on the array that people named: the driver learns whose it is when
// it is asked for the node's connection. Our own name is not another node's, for which we would wait for
// ever.
TEST_F(Doubts, OurNodeUnderAnotherNameIsNobodyElse) {
    ASSERT_TRUE(world_.create("db", kSmall));
    std::atomic<bool> is_known = false;
    meddled_->on_get = [&](BackendVolume &row) {
        if (!is_known)
            std::ranges::replace(row.attached_nodes, "node-a", "esx1");
    };
    meddled_->resolve_fails = [&]() -> std::optional<Error> {
        is_known = true;
        return std::nullopt;
    };
    const auto mounted = world_.mount("db");
    EXPECT_TRUE(mounted) << mounted.error().message;
    EXPECT_TRUE(is_known);
}

} // namespace
} // namespace drover
