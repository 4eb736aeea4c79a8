// Cutting off a node that will not come back by itself.
#include "extension_calls.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;

class Fence : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        agent = open();
        dead = open("node-b");
        for (const char *id : {"v1", "v2", "v3"})
            ASSERT_EQ(agent->create(id, 4 * kMiB), DRV_OK) << agent->call->message;
    }
    std::vector<std::string> nodes_of(std::string_view id) {
        EXPECT_EQ(agent->get(id), DRV_OK);
        return agent->volumes->only().attached_nodes;
    }
    std::unique_ptr<Agent> agent, dead;
};

TEST_F(Fence, TakesEveryDeviceOfTheNodeAndNoOther) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    ASSERT_EQ(dead->attach("v2"), DRV_OK);
    write_at(dead->connection->device, 0, "last words");
    ASSERT_EQ(dead->attach("v3"), DRV_OK);
    ASSERT_EQ(agent->attach("v2"), DRV_E_CONFLICT);
    ASSERT_EQ(fence(*agent, "node-b"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->volumes->rows.size(), 2U);
    for (const auto &row : agent->volumes->rows) {
        EXPECT_TRUE(row.id == "v2" || row.id == "v3") << row.id;
        EXPECT_TRUE(row.attached_nodes.empty());
    }
    EXPECT_EQ(loops_below(root).size(), 1U);
    EXPECT_EQ(dead->resolve("v2"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->resolve("v1"), DRV_OK);
    // What it had written before it was cut is there.
    ASSERT_EQ(agent->attach("v2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(read_at(agent->connection->device, 0, 10), "last words");
    EXPECT_EQ(dead->attach("v2"), DRV_E_CONFLICT);
    // It is no ban.
    EXPECT_EQ(dead->attach("v3"), DRV_OK) << dead->call->message;
}

TEST_F(Fence, NothingAttachedIsFine) {
    for (const char *node : {"node-b", "never seen"}) {
        ASSERT_EQ(fence(*agent, node), DRV_OK) << agent->call->message;
        EXPECT_TRUE(agent->volumes->rows.empty());
    }
    ASSERT_EQ(dead->attach("v1"), DRV_OK);
    ASSERT_EQ(fence(*agent, "node-b"), DRV_OK);
    ASSERT_EQ(fence(*agent, "node-b"), DRV_OK);
    EXPECT_TRUE(agent->volumes->rows.empty());
}

TEST_F(Fence, OwnNodeIsRefusedUnderBothItsNames) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(fence(*agent, "node-a"), DRV_E_INVALID);
    const auto renamed = open("some node id", {{"compute_instance_id", "node-a"}});
    EXPECT_EQ(fence(*renamed, "node-a"), DRV_E_INVALID);
    EXPECT_EQ(fence(*renamed, "some node id"), DRV_E_INVALID);
    EXPECT_EQ(fence(*agent, "node-b", 1), DRV_E_INVALID);
    EXPECT_EQ(fence(*agent, ""), DRV_E_INVALID);
    EXPECT_EQ(nodes_of("v1").size(), 1U);
}

TEST_F(Fence, DeviceThatIsHeldKeepsTheNodeUnfenced) {
    ASSERT_EQ(dead->attach("v1"), DRV_OK);
    ASSERT_EQ(dead->attach("v2"), DRV_OK);
    const int held = ::open(dead->connection->device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC); // as a mount does
    ASSERT_GE(held, 0);
    EXPECT_EQ(fence(*agent, "node-b"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("\"v2\""), std::string::npos) << agent->call->message;
    EXPECT_NE(agent->call->message.find(dead->connection->device), std::string::npos);
    EXPECT_EQ(agent->call->flags & DRV_FAIL_RETRYABLE, std::uint64_t{DRV_FAIL_RETRYABLE});
    EXPECT_TRUE(agent->volumes->rows.empty());
    EXPECT_EQ(nodes_of("v2").size(), 1U);
    EXPECT_EQ(agent->attach("v2"), DRV_E_CONFLICT);
    ::close(held);
    ASSERT_EQ(fence(*agent, "node-b"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().id, "v2"); // what was still attached
}

// The node died between the device and the record, or between taking the device away and the record.
TEST_F(Fence, HalfDoneAttachmentsOfTheNode) {
    ASSERT_EQ(dead->attach("v1"), DRV_OK);
    free_by_hand(dead->connection->device);
    ASSERT_EQ(dead->attach("v2"), DRV_OK);
    bind_by_hand(file("volumes", "v2.", ".img")); // a second one, unrecorded
    ASSERT_EQ(fence(*agent, "node-b"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->rows.size(), 2U);
    EXPECT_TRUE(loops_below(root).empty());
    EXPECT_TRUE(nodes_of("v1").empty());
}

TEST_F(Fence, AttachmentOfAFormerBootIsForgotten) {
    ASSERT_EQ(dead->attach("v1"), DRV_OK);
    free_by_hand(dead->connection->device);
    std::string text = read_file(root / "volumes/v1.json");
    const std::string key = "\"boot_id\":\"";
    text.insert(text.find(key) + key.size(), "another-");
    write_file(root / "volumes/v1.json", text);
    ASSERT_EQ(fence(*agent, "node-b"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().id, "v1");
    EXPECT_EQ(agent->attach("v1"), DRV_OK) << agent->call->message;
}

// Whose a damaged volume is nobody can read; what can be seen is whether it has a device.
TEST_F(Fence, DamagedVolumeCountsWhenItHasADevice) {
    ASSERT_EQ(dead->attach("v1"), DRV_OK);
    const std::string good = read_file(root / "volumes/v1.json");
    write_file(root / "volumes/v1.json", "{");
    EXPECT_EQ(fence(*agent, "node-b"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("v1"), std::string::npos) << agent->call->message;
    free_by_hand(dead->connection->device);
    EXPECT_EQ(fence(*agent, "node-b"), DRV_OK) << agent->call->message;
    write_file(root / "volumes/v1.json", good);
    EXPECT_EQ(fence(*agent, "node-b"), DRV_OK) << agent->call->message;
    EXPECT_TRUE(nodes_of("v1").empty());
}

} // namespace
} // namespace loopback::testing
