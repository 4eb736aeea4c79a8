// Create, get, list, destroy and configuration.
#include "loopback_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;
using Core = LoopbackTest;

TEST_F(Core, VolumeIsThereWithWhatWasAskedFor) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", 10 * kMiB + 1, "bronze"), DRV_OK) << agent->call->message;
    for (int round = 0; round < 2; ++round) {
        const auto &volume = agent->volumes->only();
        EXPECT_EQ(volume.id, "v1");
        EXPECT_EQ(volume.name, "a name");
        EXPECT_EQ(volume.profile, "bronze");
        EXPECT_EQ(volume.bytes, 10 * kMiB + 512);
        EXPECT_EQ(volume.state, std::uint32_t{DRV_VOLUME_READY});
        EXPECT_LT(volume.used_bytes, kMiB);
        EXPECT_TRUE(volume.attached_nodes.empty());
        EXPECT_FALSE(volume.backend_id.empty());
        ASSERT_EQ(agent->get("v1"), DRV_OK);
    }
}

TEST_F(Core, CreateAgainGivesTheSameVolume) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    const std::string backend_id = agent->volumes->only().backend_id;
    EXPECT_EQ(agent->create("v1", kMiB - 1), DRV_OK); // the same when rounded
    EXPECT_EQ(agent->volumes->only().backend_id, backend_id);
    EXPECT_EQ(agent->create("v1", 2 * kMiB), DRV_E_EXISTS);
    EXPECT_EQ(agent->create("v1", kMiB, "silver"), DRV_E_EXISTS);
    EXPECT_EQ(files().size(), 2U);
}

TEST_F(Core, DestroyedIsGoneAndDestroyingAgainIsFine) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    EXPECT_EQ(agent->destroy("v1"), DRV_OK);
    EXPECT_EQ(agent->get("v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->destroy("v1"), DRV_OK);
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(agent->create("v1", 2 * kMiB), DRV_OK);
}

TEST_F(Core, OddIdsStayInsideTheFolder) {
    const auto agent = open();
    const std::vector<std::string> ids = {
        "../../etc/passwd",     "..",      ".hidden",     "a/b", "a b", "-rf", std::string(255, 'x'),
        "\xc3\xa4\xe2\x82\xac", "v1.json", "v1.deleting", "_x",  "a..b"};
    for (const std::string &id : ids)
        ASSERT_EQ(agent->create(id, kMiB), DRV_OK) << id << ": " << agent->call->message;
    for (const std::string &id : ids) {
        ASSERT_EQ(agent->get(id), DRV_OK) << id;
        EXPECT_EQ(agent->volumes->only().id, id);
    }
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_EQ(agent->volumes->rows.size(), ids.size());
    EXPECT_EQ(files().size(), 2 * ids.size());
    for (const auto &entry : fs::directory_iterator(scratch))
        EXPECT_EQ(entry.path(), root);
    for (const std::string &id : ids)
        EXPECT_EQ(agent->destroy(id), DRV_OK) << id;
    EXPECT_TRUE(files().empty());
}

TEST_F(Core, IdsThatAreNoneAreInvalid) {
    const auto agent = open();
    for (const std::string &id :
         {std::string(), std::string(65536, 'x'), std::string("\xff"), std::string("a\nb")})
        EXPECT_EQ(agent->create(id, kMiB), DRV_E_INVALID);
    EXPECT_TRUE(files().empty());
}

TEST_F(Core, ShapesThatCannotBeAreInvalid) {
    const auto agent = open();
    EXPECT_EQ(agent->create("v1", 0), DRV_E_INVALID);
    EXPECT_EQ(agent->create("v1", UINT64_MAX), DRV_E_INVALID);
    EXPECT_EQ(agent->create("v1", UINT64_MAX / 2), DRV_E_INVALID);
    EXPECT_EQ(agent->create("v1", kMiB, "platinum"), DRV_E_INVALID);
    EXPECT_NE(agent->call->message.find("gold, silver, bronze"), std::string::npos) << agent->call->message;
    EXPECT_TRUE(files().empty());
}

TEST_F(Core, SparseVolumeMayBeLargerThanTheDisk) {
    const auto agent = open();
    drv_caps caps;
    ASSERT_EQ(agent->capabilities(caps), DRV_OK);
    EXPECT_GT(caps.total_bytes, caps.free_bytes);
    EXPECT_EQ(caps.granularity_bytes, 512U);
    EXPECT_EQ(caps.flags, std::uint64_t{DRV_CAP_THIN | DRV_CAP_ONLINE_EXTEND | DRV_CAP_ZEROED});
    EXPECT_EQ(agent->create("v1", caps.total_bytes + kMiB), DRV_OK) << agent->call->message;
    if (caps.max_bytes != DRV_UNKNOWN) {
        EXPECT_EQ(agent->create("largest", caps.max_bytes), DRV_OK) << agent->call->message;
        EXPECT_EQ(agent->create("too large", caps.max_bytes + 1), DRV_E_INVALID);
    }
}

TEST_F(Core, ListingPagesWhileOthersComeAndGo) {
    const auto agent = open();
    for (int i = 100; i < 140; ++i)
        ASSERT_EQ(agent->create("keep" + std::to_string(i), kMiB), DRV_OK);
    std::atomic<bool> stop{false};
    std::thread churn([&] {
        const auto other = open("node-b");
        for (int i = 0; !stop; ++i) {
            const std::string id = "keep1" + std::to_string(i % 10) + "xx";
            EXPECT_EQ(other->create(id, kMiB), DRV_OK) << other->call->message;
            EXPECT_EQ(other->destroy(id), DRV_OK) << other->call->message;
        }
    });
    for (int round = 0; round < 5; ++round) {
        std::vector<std::string> seen;
        std::string token;
        do {
            EXPECT_EQ(agent->list(3, token), DRV_OK) << agent->call->message;
            for (const auto &row : agent->volumes->rows) {
                EXPECT_EQ(row.state, std::uint32_t{DRV_VOLUME_READY}) << row.attributes.begin()->second;
                seen.push_back(row.id);
            }
            token = agent->volumes->token;
        } while (!token.empty());
        EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
        EXPECT_EQ(
            std::count_if(seen.begin(), seen.end(), [](const std::string &id) { return id.size() == 7; }),
            40);
    }
    stop = true;
    churn.join();
}

TEST_F(Core, StoppedListingReturnsStopped) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    agent->next_call = std::make_unique<FakeCall>();
    agent->next_call->set_deadline_in_the_past();
    EXPECT_EQ(agent->list(), DRV_E_DEADLINE);
}

TEST_F(Core, WrongConfigurationIsRefusedWithItsKey) {
    const std::pair<const char *, const char *> wrong[] = {
        {"root_path", "relative/path"}, {"allocation_unit", "0"},    {"allocation_unit", "many"},
        {"profiles", "gold\nplatinum"}, {"profiles", "gold\ngold"},  {"profiles", "=gold"},
        {"profiles", "fast=quick"},     {"root_path", "/dev/null/x"}};
    for (const auto &[key, value] : wrong) {
        const auto agent = open("node-a", {{key, value}});
        EXPECT_NE(agent->opened, DRV_OK) << key << "=" << value;
        EXPECT_FALSE(agent->call->message.empty());
        if (std::string_view(value) != "/dev/null/x") {
            EXPECT_NE(agent->call->message.find(key), std::string::npos) << agent->call->message;
        }
    }
}

TEST_F(Core, FolderThatOthersCanWriteIsRefused) {
    fs::create_directories(root);
    fs::permissions(root, fs::perms::all);
    const auto agent = open();
    EXPECT_EQ(agent->opened, DRV_E_INVALID);
    EXPECT_NE(agent->call->message.find("chmod 0700"), std::string::npos) << agent->call->message;
}

TEST_F(Core, MissingFolderIsMadePrivate) {
    root = scratch / "a/b/root";
    const auto agent = open();
    ASSERT_EQ(agent->opened, DRV_OK) << agent->call->message;
    EXPECT_EQ(fs::status(root).permissions(), fs::perms::owner_all);
    EXPECT_EQ(agent->probe(), DRV_OK);
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    EXPECT_EQ(fs::status(file("volumes", "v1.", ".img")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Core, ProbeSeesAReplacedFolder) {
    const auto agent = open();
    fs::rename(root, scratch / "moved");
    EXPECT_NE(agent->probe(), DRV_OK);
    fs::create_directories(root);
    EXPECT_EQ(agent->probe(), DRV_E_UNREACHABLE);
}

TEST_F(Core, AllocationUnitAndProfilesAreConfigurable) {
    const auto agent = open("node-a", {{"allocation_unit", "1000000"}, {"profiles", "bronze\nfast=gold"}});
    ASSERT_EQ(agent->opened, DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->profile_names(), (std::vector<std::string>{"bronze", "fast"}));
    ASSERT_EQ(agent->create("v1", 1), DRV_OK);
    EXPECT_EQ(agent->volumes->only().bytes, 1000448U); // the next multiple of 512
    ASSERT_EQ(agent->create("v2", 1, "fast"), DRV_OK);
    EXPECT_GE(agent->volumes->only().used_bytes, 1000448U);
    EXPECT_EQ(agent->create("v3", 1, "gold"), DRV_E_INVALID);
}

} // namespace
} // namespace loopback::testing
