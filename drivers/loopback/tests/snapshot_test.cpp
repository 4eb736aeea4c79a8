// Snapshots, clones, revert and extend, by their data.
#include "loopback_fixture.hpp"

#include <atomic>
#include <cstdlib>
#include <thread>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;

class Copies : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        agent = open();
        ASSERT_EQ(agent->create("v1", 64 * kMiB), DRV_OK) << agent->call->message;
    }
    void put(std::string_view volume, std::uint64_t offset, std::string_view bytes) {
        ASSERT_EQ(agent->attach(volume), DRV_OK) << agent->call->message;
        write_at(agent->connection->device, offset, bytes);
        ASSERT_EQ(agent->detach(volume), DRV_OK) << agent->call->message;
    }
    std::string look(std::string_view volume, std::uint64_t offset, std::size_t length) {
        EXPECT_EQ(agent->attach(volume), DRV_OK) << agent->call->message;
        std::string bytes = read_at(agent->connection->device, offset, length);
        EXPECT_EQ(agent->detach(volume), DRV_OK) << agent->call->message;
        return bytes;
    }
    std::unique_ptr<Agent> agent;
};

TEST_F(Copies, SnapshotKeepsWhatWasThere) {
    put("v1", 10 * kMiB, "before");
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK) << agent->call->message;
    const auto first = agent->volumes->only();
    EXPECT_EQ(first.parent, "v1");
    EXPECT_EQ(first.flags, std::uint64_t{DRV_VOLUME_SNAPSHOT});
    EXPECT_EQ(first.bytes, 64 * kMiB);
    EXPECT_LT(first.used_bytes, 2 * kMiB); // holes stay holes
    put("v1", 10 * kMiB, "AFTER!");
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK); // again: the same, with its old data
    EXPECT_EQ(agent->volumes->only().backend_id, first.backend_id);
    ASSERT_EQ(agent->snapshot_clone("s1", "c1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().parent, "s1");
    EXPECT_EQ(look("c1", 10 * kMiB, 6), "before");
    EXPECT_EQ(look("v1", 10 * kMiB, 6), "AFTER!");
    EXPECT_EQ(agent->destroy("v1"), DRV_E_CONFLICT); // it has a snapshot
    EXPECT_NE(agent->call->message.find("1 snapshot"), std::string::npos);
    EXPECT_EQ(agent->snapshot_destroy("s1"), DRV_OK);
    EXPECT_EQ(agent->snapshot_destroy("s1"), DRV_OK);
    EXPECT_EQ(agent->snapshot_get("s1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->destroy("v1"), DRV_OK);
    EXPECT_EQ(look("c1", 10 * kMiB, 6), "before");
}

TEST_F(Copies, SnapshotOfAnAttachedVolumeHasWhatItsDeviceHas) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    write_at(agent->connection->device, 5 * kMiB, "in the page cache"); // not flushed by anybody
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->clone("v1", "c1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->snapshot_clone("s1", "c2"), DRV_OK);
    EXPECT_EQ(look("c1", 5 * kMiB, 17), "in the page cache");
    EXPECT_EQ(look("c2", 5 * kMiB, 17), "in the page cache");
}

// A copy that takes a while is worth nothing when the source moved meanwhile, and is not handed out as a
// copy.
TEST_F(Copies, DifferentMomentsAreRefused) {
    put("v1", 0, "first");
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    const auto before = files();
    const auto write_in_between = [&] {
        agent->next_call = std::make_unique<FakeCall>();
        agent->next_call->on_progress = [&device, mark = 'a']() mutable {
            write_at(device, 0, std::string(1, mark++));
        };
    };
    write_in_between();
    const drv_status refused = agent->snapshot("v1", "s1");
    if (refused == DRV_OK)
        GTEST_SKIP() << "copies take but an instant here: blocks are shared";
    EXPECT_EQ(refused, DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("one instant"), std::string::npos) << agent->call->message;
    EXPECT_EQ(agent->call->flags & DRV_FAIL_RETRYABLE, std::uint64_t{DRV_FAIL_RETRYABLE});
    EXPECT_EQ(files(), before);
    write_in_between();
    EXPECT_EQ(agent->clone("v1", "c1"), DRV_E_CONFLICT);
    EXPECT_EQ(files(), before);
    EXPECT_EQ(agent->snapshot("v1", "s1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->clone("v1", "c1"), DRV_OK) << agent->call->message;
}

TEST_F(Copies, SnapshotsAreListedByVolume) {
    ASSERT_EQ(agent->create("v2", kMiB), DRV_OK);
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK);
    ASSERT_EQ(agent->snapshot("v1", "s2"), DRV_OK);
    ASSERT_EQ(agent->snapshot("v2", "s3"), DRV_OK);
    EXPECT_EQ(agent->snapshot("v2", "s1"), DRV_E_EXISTS);
    EXPECT_EQ(agent->snapshot("nope", "s4"), DRV_E_NOT_FOUND);
    ASSERT_EQ(agent->snapshot_list("v1"), DRV_OK);
    EXPECT_EQ(agent->volumes->rows.size(), 2U);
    ASSERT_EQ(agent->snapshot_list(""), DRV_OK);
    EXPECT_EQ(agent->volumes->rows.size(), 3U);
    ASSERT_EQ(agent->snapshot_list("nope"), DRV_OK);
    EXPECT_TRUE(agent->volumes->rows.empty());
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_EQ(agent->volumes->rows.size(), 2U); // no snapshots among the volumes
}

TEST_F(Copies, RevertPutsDataAndSizeBack) {
    put("v1", 0, "before");
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK);
    put("v1", 0, "AFTER!");
    ASSERT_EQ(agent->extend("v1", 80 * kMiB), DRV_OK);
    ASSERT_EQ(agent->snapshot("v1", "s2"), DRV_OK);
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    const std::string backend_id = agent->volumes->only().backend_id;
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(agent->revert("s1"), DRV_E_CONFLICT);
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    ASSERT_EQ(agent->revert("s1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v1", 0, 6), "before");
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().bytes, 64 * kMiB);
    EXPECT_EQ(agent->volumes->only().backend_id, backend_id);
    ASSERT_EQ(agent->revert("s2"), DRV_OK); // the newer one survived
    EXPECT_EQ(look("v1", 0, 6), "AFTER!");
    EXPECT_EQ(agent->revert("nope"), DRV_E_NOT_FOUND);
    EXPECT_EQ(files().size(), 6U); // nothing of the replaced images
}

TEST_F(Copies, CloneIsAVolumeOfItsOwn) {
    put("v1", 30 * kMiB, "data");
    ASSERT_EQ(agent->clone("v1", "c1", 100 * kMiB, "silver"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().bytes, 100 * kMiB);
    EXPECT_EQ(agent->volumes->only().profile, "silver");
    EXPECT_EQ(agent->volumes->only().parent, "v1");
    EXPECT_LT(agent->volumes->only().used_bytes, 2 * kMiB);
    EXPECT_EQ(agent->clone("v1", "c1", 100 * kMiB, "silver"), DRV_OK);
    EXPECT_EQ(agent->clone("v1", "c1", 100 * kMiB), DRV_E_EXISTS);
    EXPECT_EQ(agent->create("c1", 100 * kMiB, "silver"), DRV_E_EXISTS); // it is no empty volume
    EXPECT_EQ(agent->clone("v1", "c2", kMiB), DRV_E_INVALID);
    EXPECT_EQ(agent->clone("nope", "c2"), DRV_E_NOT_FOUND);
    ASSERT_EQ(agent->destroy("v1"), DRV_OK);
    EXPECT_EQ(look("c1", 30 * kMiB, 4), "data");
    EXPECT_EQ(look("c1", 99 * kMiB, 4), std::string(4, '\0'));
}

TEST_F(Copies, ExtendGrowsAnAttachedDevice) {
    put("v1", 0, "data");
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    ASSERT_EQ(agent->extend("v1", 96 * kMiB + 1), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().bytes, 96 * kMiB + 512);
    EXPECT_EQ(device_bytes(device), 96 * kMiB + 512);
    EXPECT_EQ(read_at(device, 0, 4), "data");
    EXPECT_EQ(read_at(device, 90 * kMiB, 4), std::string(4, '\0'));
    ASSERT_EQ(agent->extend("v1", kMiB), DRV_OK); // large enough already
    EXPECT_EQ(agent->volumes->only().bytes, 96 * kMiB + 512);
    EXPECT_EQ(agent->extend("nope", kMiB), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->extend("v1", UINT64_MAX), DRV_E_INVALID);
}

TEST_F(Copies, CancelledCopyLeavesNothing) {
    put("v1", 0, std::string(48 * kMiB, 'x'));
    const auto before = files();
    agent->next_call = std::make_unique<FakeCall>();
    agent->next_call->cancel_at_permille = 300;
    EXPECT_EQ(agent->clone("v1", "c1"), DRV_E_CANCELLED);
    ASSERT_GE(agent->call->progress.size(), 3U);
    EXPECT_TRUE(std::is_sorted(agent->call->progress.begin(), agent->call->progress.end()));
    EXPECT_EQ(agent->get("c1"), DRV_E_NOT_FOUND);
    agent->next_call = std::make_unique<FakeCall>();
    agent->next_call->cancel_at_permille = 300;
    EXPECT_EQ(agent->snapshot("v1", "s1"), DRV_E_CANCELLED);
    EXPECT_EQ(files(), before);
    EXPECT_EQ(agent->clone("v1", "c1"), DRV_OK);
    EXPECT_EQ(look("c1", 47 * kMiB, 4), "xxxx");
}

TEST_F(Copies, CancelledRevertKeepsTheVolume) {
    put("v1", 0, std::string(48 * kMiB, 'x'));
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK);
    put("v1", 0, "AFTER!");
    const auto before = files();
    agent->next_call = std::make_unique<FakeCall>();
    agent->next_call->cancel_at_permille = 300;
    EXPECT_EQ(agent->revert("s1"), DRV_E_CANCELLED);
    EXPECT_EQ(files(), before);
    EXPECT_EQ(look("v1", 0, 6), "AFTER!");
}

TEST_F(Copies, BusyVolumeIsWaitedForUntilTheDeadline) {
    put("v1", 0, std::string(48 * kMiB, 'x'));
    const auto other = open("node-b");
    other->next_call = std::make_unique<FakeCall>();
    FakeCall *call = other->next_call.get();
    std::atomic<bool> copying{false};
    // Holds the volume until told to stop, through the progress of its copy.
    call->on_progress = [&] {
        copying = true;
        while (!call->cancel)
            std::this_thread::yield();
    };
    std::thread copier([&] { EXPECT_EQ(other->clone("v1", "c1"), DRV_E_CANCELLED); });
    while (!copying)
        std::this_thread::yield();
    agent->next_call = std::make_unique<FakeCall>();
    agent->next_call->set_deadline(std::chrono::milliseconds(30));
    EXPECT_EQ(agent->attach("v1"), DRV_E_DEADLINE);
    EXPECT_EQ(agent->get("v1"), DRV_OK); // looking needs no lock
    call->cancel = true;
    copier.join();
    EXPECT_EQ(agent->attach("v1"), DRV_OK) << agent->call->message;
}

TEST_F(Copies, BlocksAreSharedWhereTheFilesystemCan) {
    // A filesystem with reflinks, on a volume of the driver under test.
    ASSERT_EQ(agent->create("disk", 400 * kMiB), DRV_OK);
    ASSERT_EQ(agent->attach("disk"), DRV_OK);
    const std::string device = agent->connection->device;
    if (std::system(("mkfs.xfs -q -m reflink=1 " + device).c_str()) != 0)
        GTEST_SKIP() << "no mkfs.xfs here";
    mount(device, scratch / "xfs", "xfs", nullptr);
    root = scratch / "xfs/root";
    agent = open();
    ASSERT_EQ(agent->create("v1", 150 * kMiB), DRV_OK) << agent->call->message;
    put("v1", 0, std::string(120 * kMiB, 'x'));
    // Four copies of 120 MiB fit into 400 MiB only when shared.
    for (const char *id : {"s1", "s2"})
        ASSERT_EQ(agent->snapshot("v1", id), DRV_OK) << agent->call->message;
    for (const char *id : {"c1", "c2"})
        ASSERT_EQ(agent->snapshot_clone("s1", id, 200 * kMiB), DRV_OK) << agent->call->message;
    put("v1", 0, "AFTER!");
    EXPECT_EQ(look("c2", 0, 6), "xxxxxx");
    ASSERT_EQ(agent->revert("s2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("v1", 0, 6), "xxxxxx");
    EXPECT_EQ(look("c2", 199 * kMiB, 4), std::string(4, '\0'));
    agent.reset();
}

} // namespace
} // namespace loopback::testing
