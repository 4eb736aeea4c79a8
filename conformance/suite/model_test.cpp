#include "conformance/suite/model.hpp"

#include <gmock/gmock.h>

namespace drover::conformance {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

BackendVolume volume(std::string id, std::uint64_t bytes = 100) {
    BackendVolume made;
    made.id = std::move(id);
    made.bytes = bytes;
    return made;
}

TEST(Model, AgreesWithWhatItWasTold) {
    Model model;
    model.made(volume("a"));
    model.made(volume("b"));
    model.gone("b", false);
    EXPECT_THAT(model.compare_volumes(std::vector{volume("a"), volume("a")}, false), IsEmpty());
}

TEST(Model, SeesALostVolume) {
    Model model;
    model.made(volume("a"));
    const auto findings = model.compare_volumes({}, false);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0], (Finding{"volume a exists", "it is not listed", "list"}));
}

TEST(Model, SeesADestroyedVolumeThatIsStillListed) {
    Model model;
    model.made(volume("a"));
    model.gone("a", false);
    EXPECT_THAT(model.compare_volumes(std::vector{volume("a")}, false), SizeIs(1));
}

TEST(Model, SeesAVolumeThatNobodyMade) {
    Model model;
    EXPECT_THAT(model.compare_volumes(std::vector{volume("x")}, false), SizeIs(1));
    EXPECT_THAT(model.compare_volumes(std::vector{volume("x")}, true), IsEmpty())
        << "others work there as well";
    model.set_strangers(std::vector{volume("x")}, {});
    EXPECT_THAT(model.compare_volumes(std::vector{volume("x")}, false), IsEmpty());
}

TEST(Model, SeesAStrangerThatWasDestroyed) {
    Model model;
    model.set_strangers(std::vector{volume("x")}, {});
    const auto findings = model.compare_volumes({}, false);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_THAT(findings[0].expected, HasSubstr("was not touched"));
}

TEST(Model, SeesAnotherSizeProfileOrAttachment) {
    Model model;
    model.made(volume("a"));
    model.attached("a", "node-a");
    BackendVolume listed = volume("a", 200);
    listed.profile = "gold";
    EXPECT_THAT(model.compare_volumes(std::vector{listed}, false), SizeIs(3));
    model.resized("a", 200);
    listed.profile.clear();
    listed.attached_nodes = {"node-a"};
    EXPECT_THAT(model.compare_volumes(std::vector{listed}, false), IsEmpty());
    model.detached("a", "node-a");
    EXPECT_THAT(model.compare_volumes(std::vector{listed}, false), SizeIs(1));
}

TEST(Model, SaysNothingOfWhatIsInDoubt) {
    Model model;
    model.doubtful("a", false);
    EXPECT_THAT(model.compare_volumes({}, false), IsEmpty());
    EXPECT_THAT(model.compare_volumes(std::vector{volume("a")}, false), IsEmpty());
}

TEST(Model, KeepsSnapshotsApart) {
    Model model;
    BackendVolume snapshot = volume("s");
    snapshot.is_snapshot = true;
    snapshot.parent = "a";
    model.made(snapshot);
    EXPECT_THAT(model.compare_volumes({}, false), IsEmpty());
    EXPECT_THAT(model.compare_snapshots(std::vector{snapshot}, false), IsEmpty());
    snapshot.parent = "b";
    EXPECT_THAT(model.compare_snapshots(std::vector{snapshot}, false), SizeIs(1));
}

} // namespace
} // namespace drover::conformance
