// Consistency groups and their snapshots, on real devices.
#include "core/volume/testing/forwarding_driver.hpp"
#include "core/volume/testing/world.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using testing::ForwardingDriver;
using ::testing::HasSubstr;
using testing::World;
using testing::write_file;

constexpr std::uint64_t kMiB = 1U << 20U;

template <typename T, typename Act>
Result<T> wait(Act act) {
    std::promise<Result<T>> ended;
    act([&](Result<T> result) { ended.set_value(std::move(result)); });
    return ended.get_future().get();
}

Result<GroupView> make(World &world, const std::string &name, std::vector<std::string> volumes) {
    return world.create_group(name, std::move(volumes));
}
Result<GroupView> change(World &world, const std::string &name, std::vector<std::string> add,
                         std::vector<std::string> remove) {
    return wait<GroupView>(
        [&](auto done) { world.volumes().group_change(name, std::move(add), std::move(remove), {}, done); });
}
Result<void> drop(World &world, const std::string &name) {
    return world.remove_group(name);
}
Result<GroupSnapshotView> take(World &world, const std::string &group, const std::string &name) {
    return world.snapshot_group(group, name);
}
Result<void> drop_snapshot(World &world, const std::string &group, const std::string &name) {
    return world.remove_group_snapshot(group, name);
}

std::string names(const std::vector<GroupMember> &members) {
    std::string out;
    for (const auto &member : members)
        out += (out.empty() ? "" : " ") + member.volume;
    return out;
}

// Refuses, or leaves in doubt, what it is told to.
class Doubtful final : public ForwardingDriver {
public:
    using ForwardingDriver::ForwardingDriver;

    Result<BackendGroup> group_create(const CallContext &call, const GroupRequest &request) override {
        if (refusal)
            return fail(*refusal);
        return ForwardingDriver::group_create(call, request);
    }
    Result<BackendGroup> group_snapshot(const CallContext &call,
                                        const GroupSnapshotRequest &request) override {
        if (refusal)
            return fail(*refusal);
        auto taken = ForwardingDriver::group_snapshot(call, request);
        if (!loses_answer)
            return taken;
        return fail(
            Error{.code = Code::gone, .message = "no answer", .retryable = true, .state_unknown = true});
    }
    std::optional<Error> refusal;
    bool loses_answer = false;
};

struct Doubting {
    std::shared_ptr<Doubtful> driver;
    World world{{.wrap = [this](std::shared_ptr<Driver> inner) {
        driver = std::make_shared<Doubtful>(std::move(inner));
        return driver;
    }}};
};

TEST(Groups, AreMadeChangedAndRemoved) {
    World world;
    for (const char *name : {"db", "web", "log"})
        ASSERT_TRUE(world.create(name, 16 * kMiB));
    const auto made = make(world, "shop", {"web", "db", "db"});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(names(made->members), "db web");
    EXPECT_EQ(made->status, "ready");
    const auto again = make(world, "shop", {"db", "web"});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->id, made->id);
    EXPECT_EQ(make(world, "shop", {"db"}).error().code, Code::exists);
    EXPECT_EQ(make(world, "other", {"db"}).error().code, Code::conflict);
    EXPECT_EQ(make(world, "no name", {}).error().code, Code::invalid);
    EXPECT_EQ(make(world, "other", {"nothing"}).error().code, Code::not_found);

    auto changed = change(world, "shop", {"log"}, {"web"});
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(names(changed->members), "db log");
    changed = change(world, "shop", {"log"}, {"web"});
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(change(world, "shop", {"db"}, {"db"}).error().code, Code::invalid);
    EXPECT_EQ(change(world, "none", {"db"}, {}).error().code, Code::not_found);

    const auto removed = world.remove("db");
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, Code::conflict);
    EXPECT_THAT(removed.error().message, HasSubstr("it is in group shop"));
    ASSERT_TRUE(drop(world, "shop"));
    EXPECT_TRUE(world.volumes().groups().empty());
    EXPECT_EQ(drop(world, "shop").error().code, Code::not_found);
    EXPECT_TRUE(world.remove("db"));
}

TEST(Groups, OfABackendThatRefusesAreNotRemembered) {
    Doubting d;
    ASSERT_TRUE(d.world.create("db", 16 * kMiB));
    d.driver->refusal = Error{.code = Code::no_space, .message = "too many groups"};
    const auto made = make(d.world, "shop", {"db"});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, "group shop: too many groups");
    EXPECT_TRUE(d.world.volumes().groups().empty());
}

TEST(GroupSnapshots, AreOrdinarySnapshotsOfEachVolumeAndConsistent) {
    World world;
    for (const char *name : {"db", "web"})
        ASSERT_TRUE(world.create(name, 16 * kMiB));
    const auto mounted = world.mount("db");
    ASSERT_TRUE(mounted) << mounted.error().message;
    write_file(mounted->mountpoint + "/file", "before");
    ASSERT_TRUE(make(world, "shop", {"db", "web"}));
    const auto taken = take(world, "shop", "monday");
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(taken->group, "shop");
    EXPECT_EQ(names(taken->members), "db web");
    EXPECT_TRUE(taken->filesystem_consistent);
    write_file(mounted->mountpoint + "/file", "after"); // it was thawed
    const auto of_db = world.volumes().snapshot("monday", VolumeRef{.name_or_id = "db"});
    ASSERT_TRUE(of_db) << of_db.error().message;
    EXPECT_EQ(of_db->status, "ready");
    EXPECT_TRUE(of_db->filesystem_consistent);
    EXPECT_EQ(of_db->id, taken->members.front().snapshot);

    const auto again = take(world, "shop", "monday");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->id, taken->id);
    EXPECT_EQ(drop(world, "shop").error().code, Code::conflict);

    ASSERT_TRUE(world.unmount("db"));
    ASSERT_TRUE(world.revert("db", "monday"));
    const auto reverted = world.mount("db");
    ASSERT_TRUE(reverted) << reverted.error().message;
    EXPECT_EQ(testing::read_file(reverted->mountpoint + "/file"), "before");

    ASSERT_TRUE(drop_snapshot(world, "shop", "monday"));
    EXPECT_TRUE(world.volumes().snapshots(std::nullopt)->empty());
    EXPECT_EQ(drop_snapshot(world, "shop", "monday").error().code, Code::not_found);
    EXPECT_TRUE(drop(world, "shop"));
}

TEST(GroupSnapshots, AreRefusedWhereAVolumeHasOneOfThatNameOrTheGroupHasNone) {
    World world;
    ASSERT_TRUE(world.create("db", 16 * kMiB));
    ASSERT_TRUE(make(world, "empty", {}));
    EXPECT_EQ(take(world, "empty", "monday").error().code, Code::invalid);
    ASSERT_TRUE(change(world, "empty", {"db"}, {}));
    ASSERT_TRUE(world.snapshot("db", "monday"));
    const auto taken = take(world, "empty", "monday");
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Code::exists);
    EXPECT_TRUE(world.volumes().group_snapshots("empty")->empty());
    EXPECT_EQ(world.volumes().snapshots(std::nullopt)->size(), 1U);
}

TEST(GroupSnapshots, ThatTheBackendRefusesLeaveNothingBehind) {
    Doubting d;
    ASSERT_TRUE(d.world.create("db", 16 * kMiB));
    ASSERT_TRUE(d.world.mount("db"));
    ASSERT_TRUE(make(d.world, "shop", {"db"}));
    d.driver->refusal = Error{.code = Code::no_space, .message = "full"};
    const auto taken = take(d.world, "shop", "monday");
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Code::no_space);
    EXPECT_TRUE(d.world.volumes().group_snapshots("")->empty());
    EXPECT_TRUE(d.world.volumes().snapshots(std::nullopt)->empty());
    d.driver->refusal.reset();
    const auto later = take(d.world, "shop", "monday");
    ASSERT_TRUE(later) << later.error().message;
}

TEST(GroupSnapshots, WhoseAnswerWasLostAreFoundAgain) {
    Doubting d;
    ASSERT_TRUE(d.world.create("db", 16 * kMiB));
    ASSERT_TRUE(make(d.world, "shop", {"db"}));
    d.driver->loses_answer = true;
    const auto lost = take(d.world, "shop", "monday");
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().state_unknown);
    const auto found = take(d.world, "shop", "monday");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->status, "ready");
    EXPECT_FALSE(found->filesystem_consistent); // nobody knows any more
    EXPECT_EQ(d.world.volumes().snapshots(std::nullopt)->size(), 1U);
}

TEST(GroupSnapshots, AndGroupsOutliveTheAgent) {
    World world;
    ASSERT_TRUE(world.create("db", 16 * kMiB));
    ASSERT_TRUE(make(world, "shop", {"db"}));
    ASSERT_TRUE(take(world, "shop", "monday"));
    world.restart_agent();
    const auto group = world.volumes().group("shop");
    ASSERT_TRUE(group) << group.error().message;
    EXPECT_EQ(names(group->members), "db");
    EXPECT_EQ(group->snapshots, 1U);
    EXPECT_TRUE(world.volumes().group_snapshot("shop", "monday"));
    EXPECT_TRUE(drop_snapshot(world, "shop", "monday"));
    EXPECT_TRUE(drop(world, "shop"));
}

} // namespace
} // namespace drover
