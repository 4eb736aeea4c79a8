// Another profile for a volume that stays what it is.
#include "extension_calls.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;

class Retype : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        agent = open();
        ASSERT_EQ(agent->create("v1", 16 * kMiB), DRV_OK) << agent->call->message;
        ASSERT_EQ(agent->attach("v1"), DRV_OK);
        write_at(agent->connection->device, 5 * kMiB, "data");
        ASSERT_EQ(agent->detach("v1"), DRV_OK);
    }
    std::uint64_t used(std::string_view id = "v1") {
        EXPECT_EQ(agent->get(id), DRV_OK);
        return agent->volumes->only().used_bytes;
    }
    std::string profile() {
        EXPECT_EQ(agent->get("v1"), DRV_OK);
        return agent->volumes->only().profile;
    }
    std::string data(std::string_view id = "v1") {
        EXPECT_EQ(agent->attach(id), DRV_OK) << agent->call->message;
        std::string bytes = read_at(agent->connection->device, 5 * kMiB, 4);
        EXPECT_EQ(agent->detach(id), DRV_OK) << agent->call->message;
        return bytes;
    }
    static bool discards(const std::string &device) {
        const int fd = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
        std::uint64_t range[2] = {0, kMiB};
        const bool done = ::ioctl(fd, BLKDISCARD, range) == 0;
        ::close(fd);
        return done;
    }
    std::unique_ptr<Agent> agent;
};

TEST_F(Retype, SpaceFollowsTheProfileAndDataStays) {
    ASSERT_LT(used(), 2 * kMiB);
    ASSERT_EQ(retype(*agent, "v1", "gold"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().profile, "gold");
    EXPECT_GE(agent->volumes->only().used_bytes, 16 * kMiB);
    EXPECT_EQ(data(), "data");
    ASSERT_EQ(retype(*agent, "v1", "silver"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().profile, "silver");
    EXPECT_LT(agent->volumes->only().used_bytes, 2 * kMiB);
    EXPECT_EQ(data(), "data");
    ASSERT_EQ(retype(*agent, "v1", "bronze"), DRV_OK) << agent->call->message;
    EXPECT_EQ(profile(), "bronze");
    EXPECT_EQ(data(), "data");
}

TEST_F(Retype, WhatItHasAlreadyIsEmitted) {
    ASSERT_EQ(retype(*agent, "v1", ""), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().profile, "");
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(retype(*agent, "v1", "gold"), DRV_OK) << agent->call->message;
        EXPECT_EQ(agent->volumes->only().profile, "gold");
    }
}

TEST_F(Retype, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(retype(*agent, "v1", "platinum"), DRV_E_INVALID);
    EXPECT_NE(agent->call->message.find("gold, silver, bronze"), std::string::npos);
    EXPECT_EQ(retype(*agent, "v1", "gold", 0, "pool"), DRV_E_INVALID);
    EXPECT_EQ(retype(*agent, "v1", "gold", 2), DRV_E_INVALID);
    EXPECT_EQ(retype(*agent, "nope", "gold"), DRV_E_NOT_FOUND);
    EXPECT_EQ(profile(), "");
}

TEST_F(Retype, AttachedVolumeStopsGivingSpaceBackAtOnce) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    EXPECT_TRUE(discards(device));
    ASSERT_EQ(retype(*agent, "v1", "gold"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().attached_nodes.size(), 1U);
    EXPECT_FALSE(discards(device));
    EXPECT_GE(used(), 16 * kMiB);
    EXPECT_EQ(read_at(device, 5 * kMiB, 4), "data");
    ASSERT_EQ(agent->resolve("v1"), DRV_OK);
    EXPECT_EQ(agent->connection->device, device);
}

TEST_F(Retype, AttachedVolumeCannotBeginToGiveSpaceBack) {
    ASSERT_EQ(retype(*agent, "v1", "silver"), DRV_OK);
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(retype(*agent, "v1", "bronze"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("detach"), std::string::npos) << agent->call->message;
    EXPECT_EQ(profile(), "silver");
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    ASSERT_EQ(retype(*agent, "v1", "bronze"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_TRUE(discards(agent->connection->device));
}

TEST_F(Retype, FullDiskLeavesTheOldProfileAndItsSpace) {
    mount("tmpfs", scratch / "small", "tmpfs", "size=16m,mode=0700");
    root = scratch / "small/root";
    agent = open();
    ASSERT_EQ(agent->create("v1", 64 * kMiB), DRV_OK) << agent->call->message;
    EXPECT_EQ(retype(*agent, "v1", "gold"), DRV_E_NO_SPACE);
    EXPECT_EQ(profile(), "");
    EXPECT_LT(used(), kMiB);
    ASSERT_EQ(agent->create("v2", 4 * kMiB), DRV_OK);
    EXPECT_EQ(retype(*agent, "v2", "gold"), DRV_OK) << agent->call->message;
}

TEST_F(Retype, CancelledOnTheWayKeepsTheOldProfileAndTheSameAgainWorks) {
    ASSERT_EQ(agent->extend("v1", 3072 * kMiB), DRV_OK) << agent->call->message;
    agent->next_call = std::make_unique<FakeCall>();
    agent->next_call->cancel_at_permille = 300;
    EXPECT_EQ(retype(*agent, "v1", "gold"), DRV_E_CANCELLED);
    EXPECT_EQ(profile(), "");
    EXPECT_LT(used(), 4 * kMiB);
    EXPECT_EQ(data(), "data");
    ASSERT_EQ(retype(*agent, "v1", "gold"), DRV_OK) << agent->call->message;
    EXPECT_GE(used(), 3072 * kMiB);
}

// A crash before the metadata was written: the space is taken, the profile is the old one.
TEST_F(Retype, CutBeforeTheMetadataIsGoneOnWithOrUndone) {
    const auto image = file("volumes", "v1.", ".img");
    const auto reserve_by_hand = [&] {
        const int fd = ::open(image.c_str(), O_RDWR | O_CLOEXEC);
        EXPECT_EQ(::fallocate(fd, 0, 0, 16 * kMiB), 0);
        ::close(fd);
    };
    reserve_by_hand();
    agent = open();
    EXPECT_EQ(profile(), "");
    ASSERT_EQ(retype(*agent, "v1", "silver"), DRV_OK) << agent->call->message;
    EXPECT_LT(used(), 2 * kMiB);
    EXPECT_EQ(data(), "data");
    // A crash behind the metadata, before the space was given back: the same retype goes on.
    reserve_by_hand();
    agent = open();
    ASSERT_EQ(retype(*agent, "v1", "silver"), DRV_OK) << agent->call->message;
    EXPECT_LT(agent->volumes->only().used_bytes, 2 * kMiB);
    EXPECT_EQ(data(), "data");
    reserve_by_hand();
    agent = open();
    ASSERT_EQ(retype(*agent, "v1", "gold"), DRV_OK) << agent->call->message;
    EXPECT_GE(used(), 16 * kMiB);
}

TEST_F(Retype, SharedBlocksAreCopiedOnlyWhenTheyMay) {
    ASSERT_EQ(agent->create("disk", 400 * kMiB), DRV_OK);
    ASSERT_EQ(agent->attach("disk"), DRV_OK);
    const std::string device = agent->connection->device;
    if (std::system(("mkfs.xfs -q -m reflink=1 " + device).c_str()) != 0)
        GTEST_SKIP() << "no mkfs.xfs here";
    mount(device, scratch / "xfs", "xfs", nullptr);
    root = scratch / "xfs/root";
    agent = open();
    ASSERT_EQ(agent->create("v1", 32 * kMiB), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    write_at(agent->connection->device, 5 * kMiB, "data");
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(retype(*agent, "v1", "gold"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("shares blocks"), std::string::npos) << agent->call->message;
    EXPECT_EQ(profile(), "");
    ASSERT_EQ(retype(*agent, "v1", "gold", DRV_RETYPE_MAY_MIGRATE), DRV_OK) << agent->call->message;
    EXPECT_EQ(data(), "data");
    ASSERT_EQ(agent->snapshot_clone("s1", "c1"), DRV_OK);
    EXPECT_EQ(data("c1"), "data");
    // The clone shares with the snapshot again, and the volume with nobody.
    EXPECT_EQ(retype(*agent, "c1", "gold"), DRV_E_CONFLICT);
    ASSERT_EQ(agent->destroy("c1"), DRV_OK);
    agent.reset();
}

} // namespace
} // namespace loopback::testing
