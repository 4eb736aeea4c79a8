#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::OpenFixture;
using testing::with;

TEST(Extensions, AreAskedForOnceAndByExactId) {
    OpenFixture f;
    EXPECT_THAT(f.driver->extensions(), ElementsAre("drv.snapshot/1", "drv.extend/1", "drv.profiles/1"));
    EXPECT_TRUE(f.driver->offers("drv.extend/1"));
    for (const char *id : {"drv.clone/1", "drv.extend", "drv.extend/1 ", "drv.extend/2", ""})
        EXPECT_FALSE(f.driver->offers(id)) << id;
    EXPECT_THAT(f.host.messages(), IsEmpty());
}

TEST(Extensions, AnIncompleteTableIsNotOfferedAndNamedInTheLog) {
    OpenFixture hollow(with("snapshots", "hollow"));
    EXPECT_FALSE(hollow.driver->offers("drv.snapshot/1"));
    EXPECT_THAT(
        hollow.host.messages(),
        ElementsAre(
            "the driver's extension drv.snapshot/1 is not used: its mandatory slot \"clone\" is empty "
            "(struct_size 56, wanted at least 56); report it to the driver's author"));
    OpenFixture shorter(with("snapshots", "short"));
    EXPECT_FALSE(shorter.driver->offers("drv.snapshot/1"));
    EXPECT_THAT(
        shorter.host.messages(),
        ElementsAre(
            "the driver's extension drv.snapshot/1 is not used: its mandatory slot \"revert\" is empty "
            "(struct_size 48, wanted at least 56); report it to the driver's author"));
}

TEST(Extensions, OpsOfOneThatIsNotOfferedAreUnsupported) {
    OpenFixture f(with("snapshots", "none"));
    const auto result = f.driver->snapshot_destroy(f.call, "s");
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::unsupported);
    EXPECT_EQ(result.error().message,
              "snapshot.destroy: the driver \"good\" of backend \"array-1\" does not offer drv.snapshot/1");
    EXPECT_EQ(f.driver->clone(f.call, "a", {.id = "b"}).error().code, Code::unsupported);
}

TEST(Extensions, ShapesLimitsAndStrangersOfADriverWithoutThemAreUnsupported) {
    OpenFixture f;
    const auto no_row = [](BackendVolume &&) { return true; };
    EXPECT_EQ(f.driver->retype(f.call, {.volume_id = "v", .profile = "p"}).error().code, Code::unsupported);
    EXPECT_EQ(f.driver->unmanaged(f.call, no_row).error().code, Code::unsupported);
    EXPECT_EQ(f.driver->adopt(f.call, {.backend_id = "b", .id = "v"}).error().code, Code::unsupported);
    EXPECT_EQ(f.driver->release(f.call, "v").error().code, Code::unsupported);
    EXPECT_EQ(f.driver->unmanaged_snapshots(f.call, "v", no_row).error().code, Code::unsupported);
    EXPECT_EQ(f.driver->snapshot_adopt(f.call, {.backend_id = "b", .id = "s"}).error().code,
              Code::unsupported);
    EXPECT_EQ(f.driver->snapshot_release(f.call, "s").error().code, Code::unsupported);
    EXPECT_EQ(f.driver->limit_kinds(f.call).error().code, Code::unsupported);
    EXPECT_EQ(f.driver->limits(f.call, "v").error().code, Code::unsupported);
    EXPECT_EQ(f.driver->set_limits(f.call, "v", {}).error().code, Code::unsupported);
}

TEST(Extensions, LimitsGoToTheDriverAndComeBack) {
    OpenFixture f(with("opening", "with-qos"));
    EXPECT_EQ(f.driver->limit_kinds(f.call), (LimitKinds{.max_iops = true, .max_bytes_per_second = true}));
    EXPECT_EQ(f.driver->limits(f.call, "v"), Limits());
    EXPECT_TRUE(f.driver->set_limits(f.call, "v", {.max_iops = 500}).has_value());
    EXPECT_EQ(f.driver->limits(f.call, "v"), (Limits{.max_iops = 500}));
    EXPECT_EQ(f.driver->set_limits(f.call, "v", {.min_iops = 1}).error().message,
              "this array has no lower limits");
    EXPECT_TRUE(f.driver->set_limits(f.call, "v", {}).has_value());
    EXPECT_EQ(f.driver->limits(f.call, "v"), Limits());
}

TEST(Extensions, OpsReachTheDriver) {
    OpenFixture f;
    const auto snapshot = f.driver->snapshot_create(f.call, {.volume_id = "v", .snapshot_id = "s"});
    ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
    EXPECT_TRUE(snapshot->is_snapshot);
    EXPECT_EQ(snapshot->parent, "v");
    EXPECT_EQ(f.driver->snapshot_get(f.call, "snap-of-v")->parent, "v");
    EXPECT_EQ(f.driver->snapshot_get(f.call, "x").error().code, Code::not_found);
    EXPECT_EQ(f.driver->snapshot_clone(f.call, "s", {.id = "c"})->parent, "s");
    EXPECT_TRUE(f.driver->snapshot_revert(f.call, "snap-of-v").has_value());
    EXPECT_TRUE(f.driver->snapshot_destroy(f.call, "s").has_value());
    EXPECT_EQ(f.driver->extend(f.call, "v", 1234)->bytes, 1234U);
    const auto profiles = f.driver->profiles(f.call);
    ASSERT_TRUE(profiles.has_value());
    ASSERT_EQ(profiles->size(), 1U);
    EXPECT_EQ(profiles->front().name, "gold");
    EXPECT_TRUE(profiles->front().is_default);
}

} // namespace
} // namespace drover
