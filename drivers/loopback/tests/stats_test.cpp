// Statistics: the space of images, and what the kernel counts while a volume is attached.
#include "extension_calls.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;
using Stats = LoopbackTest;

void write_through(const std::string &device, std::uint64_t offset, const std::string &bytes) {
    write_at(device, offset, bytes);
    const int fd = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_EQ(::fsync(fd), 0);
    ::close(fd);
}

TEST_F(Stats, SpaceOfADetachedVolume) {
    const auto agent = open();
    ASSERT_EQ(agent->create("thin", 8 * kMiB), DRV_OK);
    ASSERT_EQ(agent->create("thick", 8 * kMiB, "gold"), DRV_OK);
    SeenStats seen;
    ASSERT_EQ(volume_stats(*agent, "thin", seen), DRV_OK) << agent->call->message;
    ASSERT_EQ(seen.rows.size(), 1U);
    const drv_stats &thin = seen.rows.at("thin");
    EXPECT_LT(thin.used_bytes, kMiB);
    EXPECT_EQ(thin.provisioned_bytes, 8 * kMiB);
    EXPECT_EQ(thin.total_bytes, 8 * kMiB);
    EXPECT_EQ(thin.saved_permille, 1000U);
    EXPECT_NE(thin.taken_unix_ns, DRV_UNKNOWN);
    EXPECT_EQ(thin.read_ops, DRV_UNKNOWN);
    EXPECT_EQ(thin.write_bytes, DRV_UNKNOWN);
    ASSERT_EQ(volume_stats(*agent, "thick", seen), DRV_OK);
    EXPECT_GE(seen.rows.at("thick").used_bytes, 8 * kMiB);
    EXPECT_EQ(volume_stats(*agent, "nope", seen), DRV_E_NOT_FOUND);
    EXPECT_TRUE(seen.rows.empty());
}

TEST_F(Stats, CountersOfAnAttachedVolumeGrowFromZeroAtEachAttach) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", 8 * kMiB), DRV_OK);
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    SeenStats seen;
    ASSERT_EQ(volume_stats(*agent, "v1", seen), DRV_OK) << agent->call->message;
    const drv_stats first = seen.rows.at("v1");
    EXPECT_EQ(first.write_bytes, 0U);
    EXPECT_EQ(first.write_ops, 0U);
    write_through(device, 0, std::string(2 * kMiB, 'x'));
    ASSERT_EQ(volume_stats(*agent, "v1", seen), DRV_OK);
    const drv_stats second = seen.rows.at("v1");
    EXPECT_EQ(second.epoch, first.epoch);
    EXPECT_EQ(second.write_bytes, 2 * kMiB);
    EXPECT_GE(second.write_ops, 1U);
    EXPECT_GE(second.taken_unix_ns, first.taken_unix_ns);
    EXPECT_GE(second.used_bytes, 2 * kMiB);
    // Another instance sees the same: they belong to the volume.
    const auto other = open("node-b");
    ASSERT_EQ(volume_stats(*other, "v1", seen), DRV_OK);
    EXPECT_EQ(seen.rows.at("v1").write_bytes, 2 * kMiB);
    // The device's own counters go on, the volume's do not.
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    ASSERT_EQ(volume_stats(*agent, "v1", seen), DRV_OK);
    EXPECT_EQ(seen.rows.at("v1").write_bytes, DRV_UNKNOWN);
    ASSERT_EQ(agent->create("v2", 8 * kMiB), DRV_OK);
    ASSERT_EQ(agent->attach("v2"), DRV_OK);
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    for (const char *id : {"v1", "v2"}) {
        ASSERT_EQ(volume_stats(*agent, id, seen), DRV_OK);
        EXPECT_EQ(seen.rows.at(id).write_bytes, 0U) << id;
        EXPECT_NE(seen.rows.at(id).epoch, first.epoch);
    }
}

TEST_F(Stats, ListedByPageAndWithoutPools) {
    const auto agent = open();
    for (const char *id : {"a", "b", "c"})
        ASSERT_EQ(agent->create(id, kMiB), DRV_OK);
    SeenStats seen;
    ASSERT_EQ(list_stats(*agent, seen), DRV_OK) << agent->call->message;
    EXPECT_EQ(seen.rows.size(), 3U);
    EXPECT_TRUE(seen.next_token.empty());
    ASSERT_EQ(list_stats(*agent, seen, 2), DRV_OK);
    EXPECT_EQ(seen.rows.size(), 2U);
    const std::string token = seen.next_token;
    ASSERT_EQ(list_stats(*agent, seen, 2, token), DRV_OK);
    EXPECT_EQ(seen.rows.size(), 1U);
    EXPECT_TRUE(seen.rows.contains("c"));
    EXPECT_EQ(list_stats(*agent, seen, 0, "made up"), DRV_E_INVALID);
    ASSERT_EQ(pool_stats(*agent, seen), DRV_OK); // create takes no pool either
    EXPECT_TRUE(seen.rows.empty());
}

TEST_F(Stats, DamagedVolumeHasNoNumbers) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    write_file(root / "volumes/v1.json", "{");
    SeenStats seen;
    ASSERT_EQ(volume_stats(*agent, "v1", seen), DRV_OK) << agent->call->message;
    EXPECT_EQ(seen.rows.at("v1").used_bytes, DRV_UNKNOWN);
    ASSERT_EQ(list_stats(*agent, seen), DRV_OK);
    EXPECT_TRUE(seen.rows.contains("v1"));
}

TEST_F(Stats, AttachmentsOfFormerVersionsHaveNoCounters) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string text = read_file(root / "volumes/v1.json");
    const auto at = text.find(",\"since_unix_ns\"");
    ASSERT_NE(at, std::string::npos) << text;
    write_file(root / "volumes/v1.json", text.substr(0, at) + "}}\n");
    SeenStats seen;
    ASSERT_EQ(volume_stats(*agent, "v1", seen), DRV_OK) << agent->call->message;
    EXPECT_EQ(seen.rows.at("v1").write_ops, DRV_UNKNOWN);
    EXPECT_NE(seen.rows.at("v1").used_bytes, DRV_UNKNOWN);
    EXPECT_EQ(agent->resolve("v1"), DRV_OK) << agent->call->message;
}

} // namespace
} // namespace loopback::testing
