#include "core/api/measured_service.hpp"
#include "core/api/testing/fake_service.hpp"

#include <gmock/gmock.h>

#include <future>

namespace drover {
namespace {

using ::testing::HasSubstr;

template <typename T, typename Act>
Result<T> wait(Act act) {
    std::promise<Result<T>> ended;
    act([&](Result<T> result) { ended.set_value(std::move(result)); });
    return ended.get_future().get();
}

TEST(MeasuredService, counts_every_act_and_changes_nothing_about_it) {
    testing::FakeService service;
    service.add("v");
    Metrics metrics({.version = "1"});
    MeasuredService measured(service, metrics);
    const VolumeRef v{"v", ""};

    EXPECT_TRUE(wait<VolumeView>([&](auto done) { measured.create({.name = "w"}, {}, done); }));
    const auto mounted = wait<MountView>([&](auto done) { measured.mount(v, "u", {}, done); });
    ASSERT_TRUE(mounted);
    EXPECT_EQ(mounted->mountpoint, "/mnt/id-v");
    service.fail_next("remove", {.code = Code::conflict, .message = "in use"});
    const auto removed = wait<void>([&](auto done) { measured.remove(v, RemovePolicy::keep, {}, done); });
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().message, "in use");
    EXPECT_TRUE(wait<void>([&](auto done) { measured.unmount(v, "u", {}, done); }));
    EXPECT_TRUE(wait<VolumeView>([&](auto done) { measured.extend(v, 7, {}, done); }));
    EXPECT_TRUE(wait<SnapshotView>([&](auto done) { measured.snapshot_create(v, "s", {}, done); }));
    EXPECT_TRUE(wait<VolumeView>([&](auto done) { measured.revert("s", v, {}, done); }));
    EXPECT_TRUE(wait<void>([&](auto done) { measured.snapshot_remove("s", v, {}, done); }));
    EXPECT_TRUE(wait<std::vector<Profile>>([&](auto done) { measured.profiles("", {}, done); }));
    EXPECT_TRUE(wait<VolumeView>([&](auto done) { measured.retype(v, {.profile = "p"}, {}, done); }));
    EXPECT_TRUE(wait<LimitsView>([&](auto done) { measured.limits(v, {}, done); }));
    EXPECT_TRUE(wait<LimitsView>([&](auto done) { measured.set_limits(v, {}, {}, done); }));
    EXPECT_TRUE(wait<std::vector<UnmanagedView>>([&](auto done) { measured.unmanaged("", {}, done); }));
    EXPECT_TRUE(wait<VolumeView>(
        [&](auto done) { measured.adopt({.backend = "", .handle = "h", .name = "n"}, {}, done); }));
    EXPECT_TRUE(wait<void>([&](auto done) { measured.release({"n", ""}, {}, done); }));
    EXPECT_TRUE(
        wait<std::vector<UnmanagedView>>([&](auto done) { measured.unmanaged_snapshots(v, {}, done); }));
    EXPECT_TRUE(wait<SnapshotView>([&](auto done) { measured.snapshot_adopt(v, "h", "t", {}, done); }));
    EXPECT_TRUE(wait<void>([&](auto done) { measured.snapshot_release("t", v, {}, done); }));

    EXPECT_TRUE(wait<std::vector<BackendStats>>([&](auto done) { measured.pool_stats("gold", {}, done); }));
    EXPECT_TRUE(wait<std::vector<FencedView>>([&](auto done) { measured.fence("n2", {}, {}, done); }));
    EXPECT_TRUE(wait<GroupView>([&](auto done) { measured.group_create({.name = "g"}, {}, done); }));
    EXPECT_TRUE(wait<GroupView>([&](auto done) { measured.group_change("g", {"v"}, {}, {}, done); }));
    EXPECT_TRUE(
        wait<GroupSnapshotView>([&](auto done) { measured.group_snapshot_create("g", "s", {}, done); }));
    EXPECT_TRUE(wait<void>([&](auto done) { measured.group_snapshot_remove("g", "s", {}, done); }));
    EXPECT_TRUE(wait<void>([&](auto done) { measured.group_remove("g", {}, done); }));
    EXPECT_TRUE(wait<std::vector<NodeFinding>>([&](auto done) { measured.node_check({}, done); }));

    EXPECT_TRUE(wait<std::vector<BackendView>>([&](auto done) { measured.reload_driver("gold", {}, done); }));

    const std::string text = metrics.text(measured);
    for (const char *kind : {"create",
                             "mount",
                             "unmount",
                             "extend",
                             "snapshot",
                             "revert",
                             "snapshot remove",
                             "profiles",
                             "retype",
                             "limits",
                             "get limits",
                             "unmanaged",
                             "adopt",
                             "release",
                             "unmanaged snapshots",
                             "snapshot adopt",
                             "snapshot release",
                             "stats",
                             "fence",
                             "group create",
                             "group change",
                             "group snapshot",
                             "group snapshot remove",
                             "group remove",
                             "node check",
                             "reload"}) {
        EXPECT_THAT(text, HasSubstr("drover_operations_total{kind=\"" + std::string(kind) +
                                    "\",outcome=\"ok\"} 1\n"));
    }
    EXPECT_THAT(text, HasSubstr("drover_operations_total{kind=\"remove\",outcome=\"conflict\"} 1\n"));
    EXPECT_THAT(service.log(),
                ::testing::ElementsAre(
                    "create w", "mount v u", "unmount v u", "extend v 7", "snapshot v s", "revert v s",
                    "snapshot-remove v s", "profiles ", "retype v p ", "limits v", "set limits v 0 0",
                    "unmanaged ", "adopt  h n", "release n", "unmanaged snapshots v", "snapshot adopt v h t",
                    "snapshot release v t", "stats gold", "fence n2 ", "group-create g ",
                    "group-change g +v -", "group-snapshot g s", "group-snapshot-remove g s",
                    "group-remove g", "node check", "reload gold"));
}

} // namespace
} // namespace drover
