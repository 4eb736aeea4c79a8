#include "conformance/suite/tracker.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

namespace drover::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TrackerTest : public testing::Test {
protected:
    TrackerTest() {
        std::string name = testing::TempDir() + "tracker-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    ~TrackerTest() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "made"; }

private:
    std::filesystem::path folder_;
};

const Tracked kVolume{.kind = TrackedKind::volume, .id = "v1", .node = {}};
const Tracked kSnapshot{.kind = TrackedKind::snapshot, .id = "s1", .node = {}};
const Tracked kAttachment{.kind = TrackedKind::attachment, .id = "v1", .node = "node a"};

TEST_F(TrackerTest, AnAbsentFileIsAnEmptyList) {
    EXPECT_THAT(Tracker::remaining(file()).value(), IsEmpty());
}

TEST_F(TrackerTest, WhatWasAddedAndNotRemovedRemains) {
    auto tracker = Tracker::open(file());
    ASSERT_TRUE(tracker);
    tracker->add(kVolume);
    tracker->add(kSnapshot);
    tracker->add(kAttachment);
    tracker->add(kVolume);
    tracker->remove(kSnapshot);
    EXPECT_THAT(Tracker::remaining(file()).value(), ElementsAre(kVolume, kAttachment));
    Tracker::open(file())->remove(kAttachment); // another process goes on
    EXPECT_THAT(Tracker::remaining(file()).value(), ElementsAre(kVolume));
}

TEST_F(TrackerTest, IdsMayHoldAnyByte) {
    const Tracked odd{.kind = TrackedKind::volume, .id = std::string("a b\n\0\xFF", 6), .node = {}};
    const Tracked nameless{.kind = TrackedKind::volume, .id = "", .node = {}};
    auto tracker = Tracker::open(file());
    tracker->add(odd);
    tracker->add(nameless);
    EXPECT_THAT(Tracker::remaining(file()).value(), ElementsAre(odd, nameless));
}

TEST_F(TrackerTest, ALineThatWasCutIsLeftOut) {
    Tracker::open(file())->add(kVolume);
    std::ofstream(file(), std::ios::app) << "- v 7631";
    EXPECT_THAT(Tracker::remaining(file()).value(), ElementsAre(kVolume));
}

} // namespace
} // namespace drover::conformance
