// Consistency groups and their snapshots, whole and cut in the middle.
#include "extension_calls.hpp"

#include <algorithm>
#include <atomic>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;

const Pairs kPairs = {{"v1", "s1"}, {"v2", "s2"}};

class Groups : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        agent = open();
        for (const char *id : {"v1", "v2", "v3"})
            ASSERT_EQ(agent->create(id, 8 * kMiB), DRV_OK) << agent->call->message;
    }
    void put(std::string_view volume, std::string_view bytes) {
        ASSERT_EQ(agent->attach(volume), DRV_OK) << agent->call->message;
        write_at(agent->connection->device, 4096, bytes);
        ASSERT_EQ(agent->detach(volume), DRV_OK) << agent->call->message;
    }
    std::string look(std::string_view volume, std::size_t length) {
        EXPECT_EQ(agent->attach(volume), DRV_OK) << agent->call->message;
        std::string bytes = read_at(agent->connection->device, 4096, length);
        EXPECT_EQ(agent->detach(volume), DRV_OK) << agent->call->message;
        return bytes;
    }
    Ids snapshots() {
        Ids ids;
        EXPECT_EQ(agent->snapshot_list(""), DRV_OK);
        for (const auto &row : agent->volumes->rows)
            ids.push_back(row.id);
        return ids;
    }
    std::unique_ptr<Agent> agent;
    SeenGroups seen;
};

TEST_F(Groups, AreMadeFoundAndMadeAgain) {
    ASSERT_EQ(group_create(*agent, "g1", {"v2", "v1"}, seen), DRV_OK) << agent->call->message;
    const SeenGroup made = seen.only();
    EXPECT_EQ(made.id, "g1");
    EXPECT_EQ(made.name, "a group");
    EXPECT_FALSE(made.backend_id.empty());
    EXPECT_EQ(made.parent, "");
    EXPECT_EQ(made.members, (Ids{"v1", "v2"}));
    ASSERT_EQ(group_create(*agent, "g1", {"v1", "v2", "v1"}, seen), DRV_OK) << agent->call->message;
    EXPECT_EQ(seen.only().backend_id, made.backend_id);
    EXPECT_EQ(group_create(*agent, "g1", {"v1"}, seen), DRV_E_EXISTS);
    EXPECT_EQ(group_create(*agent, "g2", {"v3", "v1"}, seen), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("\"g1\""), std::string::npos);
    EXPECT_EQ(group_create(*agent, "g2", {"v3", "nope"}, seen), DRV_E_NOT_FOUND);
    EXPECT_NE(agent->call->message.find("\"nope\""), std::string::npos);
    EXPECT_EQ(group_create(*agent, "g2", {"v3"}, seen, {"v1"}), DRV_E_INVALID);
    EXPECT_EQ(group_get(*agent, "g2", seen), DRV_E_NOT_FOUND);
    ASSERT_EQ(group_create(*agent, "g2", {}, seen), DRV_OK) << agent->call->message;
    const auto other = open("node-b");
    ASSERT_EQ(group_get(*other, "g1", seen), DRV_OK);
    EXPECT_EQ(seen.only().members, made.members);
    ASSERT_EQ(group_list(*other, seen), DRV_OK);
    EXPECT_EQ(seen.rows.size(), 2U);
    ASSERT_EQ(group_list(*other, seen, 1), DRV_OK);
    EXPECT_EQ(seen.only().id, "g1");
    const std::string token = seen.next_token;
    ASSERT_EQ(group_list(*other, seen, 1, token), DRV_OK);
    EXPECT_EQ(seen.only().id, "g2");
}

TEST_F(Groups, ChangeAllOrNothing) {
    ASSERT_EQ(group_create(*agent, "g1", {"v1"}, seen), DRV_OK);
    ASSERT_EQ(group_create(*agent, "g2", {"v3"}, seen), DRV_OK);
    EXPECT_EQ(group_update(*agent, "g1", {"v2", "v3"}, {}, seen), DRV_E_CONFLICT);
    EXPECT_EQ(group_update(*agent, "g1", {"v2", "nope"}, {}, seen), DRV_E_NOT_FOUND);
    EXPECT_EQ(group_update(*agent, "g1", {"v2"}, {"v2"}, seen), DRV_E_INVALID);
    EXPECT_EQ(group_update(*agent, "nope", {"v2"}, {}, seen), DRV_E_NOT_FOUND);
    ASSERT_EQ(group_get(*agent, "g1", seen), DRV_OK);
    EXPECT_EQ(seen.only().members, (Ids{"v1"}));
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(group_update(*agent, "g1", {"v2"}, {"v1", "stranger"}, seen), DRV_OK)
            << agent->call->message;
        EXPECT_EQ(seen.only().members, (Ids{"v2"}));
    }
    EXPECT_EQ(agent->destroy("v1"), DRV_OK) << agent->call->message;
}

TEST_F(Groups, MembersAreNotDestroyed) {
    ASSERT_EQ(group_create(*agent, "g1", {"v1"}, seen), DRV_OK);
    EXPECT_EQ(agent->destroy("v1"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("group \"g1\""), std::string::npos) << agent->call->message;
    for (int round = 0; round < 2; ++round)
        EXPECT_EQ(group_destroy(*agent, "g1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(group_get(*agent, "g1", seen), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_EQ(agent->destroy("v1"), DRV_OK) << agent->call->message;
}

TEST_F(Groups, SnapshotHasAllMembers) {
    put("v1", "one");
    put("v2", "two");
    ASSERT_EQ(group_create(*agent, "g1", {"v1", "v2"}, seen), DRV_OK);
    for (const char *id : {"v1", "v2"})
        ASSERT_EQ(agent->attach(id), DRV_OK) << agent->call->message;
    const std::string device = agent->connection->device;
    write_at(device, 4096, "TWO"); // in the page cache of its device
    ASSERT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_OK) << agent->call->message;
    const SeenGroup made = seen.only();
    EXPECT_EQ(made.id, "gs1");
    EXPECT_EQ(made.name, "before");
    EXPECT_EQ(made.parent, "g1");
    EXPECT_EQ(made.members, (Ids{"s1", "s2"}));
    write_at(device, 4096, "xxx");
    for (const char *id : {"v1", "v2"})
        ASSERT_EQ(agent->detach(id), DRV_OK) << agent->call->message;
    ASSERT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_OK) << agent->call->message;
    EXPECT_EQ(seen.only().backend_id, made.backend_id);
    ASSERT_EQ(agent->snapshot_get("s2"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().parent, "v2");
    EXPECT_EQ(agent->volumes->only().attributes.at("group_snapshot"), "gs1");
    ASSERT_EQ(agent->snapshot_clone("s1", "c1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->snapshot_clone("s2", "c2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(look("c1", 3), "one");
    EXPECT_EQ(look("c2", 3), "TWO");
    ASSERT_EQ(group_get(*agent, "gs1", seen), DRV_OK);
    EXPECT_EQ(seen.only().parent, "g1");
    ASSERT_EQ(group_list(*agent, seen), DRV_OK);
    EXPECT_EQ(seen.only().id, "g1");
    ASSERT_EQ(group_snapshot_list(*agent, "g1", seen), DRV_OK);
    EXPECT_EQ(seen.only().id, "gs1");
    ASSERT_EQ(group_snapshot_list(*agent, "", seen), DRV_OK);
    EXPECT_EQ(seen.rows.size(), 1U);
    ASSERT_EQ(group_snapshot_list(*agent, "nope", seen), DRV_OK);
    EXPECT_TRUE(seen.rows.empty());
    EXPECT_EQ(group_destroy(*agent, "g1"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("gs1"), std::string::npos);
    // Ordinary snapshots to everybody else.
    EXPECT_EQ(agent->snapshot_destroy("s1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(group_get(*agent, "gs1", seen), DRV_OK);
    EXPECT_EQ(seen.only().members, (Ids{"s2"}));
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK); // another one with that id is none of the group's
    for (int round = 0; round < 2; ++round)
        EXPECT_EQ(group_snapshot_destroy(*agent, "gs1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(snapshots(), (Ids{"s1"}));
    EXPECT_EQ(group_destroy(*agent, "g1"), DRV_OK) << agent->call->message;
}

TEST_F(Groups, SnapshotRefusesWhatDoesNotFit) {
    ASSERT_EQ(group_create(*agent, "g1", {"v1", "v2"}, seen), DRV_OK);
    ASSERT_EQ(group_create(*agent, "g2", {"v3"}, seen), DRV_OK);
    ASSERT_EQ(agent->snapshot("v3", "s3"), DRV_OK);
    const auto before = files();
    const auto take = [&](std::string_view group, const Pairs &pairs) {
        return group_snapshot(*agent, group, "gs1", pairs, seen);
    };
    EXPECT_EQ(take("g1", {{"v1", "s1"}}), DRV_E_INVALID);
    EXPECT_EQ(take("g1", {{"v1", "s1"}, {"v3", "s2"}}), DRV_E_INVALID);
    EXPECT_EQ(take("g1", {{"v1", "s1"}, {"v2", "s2"}, {"v3", "s4"}}), DRV_E_INVALID);
    EXPECT_EQ(take("g1", {{"v1", "s1"}, {"v1", "s2"}}), DRV_E_INVALID);
    EXPECT_EQ(take("g1", {{"v1", "s1"}, {"v2", "s1"}}), DRV_E_INVALID);
    EXPECT_EQ(take("nope", kPairs), DRV_E_NOT_FOUND);
    EXPECT_EQ(take("g1", {{"v1", "s1"}, {"v2", "s3"}}), DRV_E_EXISTS);
    EXPECT_EQ(group_snapshot(*agent, "g1", "g2", kPairs, seen), DRV_E_EXISTS);
    EXPECT_EQ(files(), before);
    ASSERT_EQ(take("g1", kPairs), DRV_OK) << agent->call->message;
    EXPECT_EQ(take("g1", {{"v1", "s4"}, {"v2", "s2"}}), DRV_E_EXISTS);
    EXPECT_EQ(take("g2", {{"v3", "s4"}}), DRV_E_EXISTS);
    EXPECT_EQ(group_create(*agent, "gs1", {}, seen), DRV_E_EXISTS);
    EXPECT_EQ(group_update(*agent, "gs1", {}, {}, seen), DRV_E_NOT_FOUND);
    EXPECT_EQ(group_destroy(*agent, "gs1"), DRV_OK); // no group
    EXPECT_EQ(group_get(*agent, "gs1", seen), DRV_OK);
}

TEST_F(Groups, FullDiskTakesNoSnapshotAtAll) {
    agent.reset();
    mount("tmpfs", scratch / "small", "tmpfs", "size=16m,mode=0700");
    root = scratch / "small/root";
    agent = open();
    ASSERT_EQ(agent->create("v1", 2 * kMiB, "gold"), DRV_OK);
    ASSERT_EQ(agent->create("v2", 10 * kMiB), DRV_OK);
    put("v1", "one");
    put("v2", std::string(8 * kMiB, 'x'));
    ASSERT_EQ(group_create(*agent, "g1", {"v1", "v2"}, seen), DRV_OK);
    const auto before = files();
    EXPECT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_E_NO_SPACE) << agent->call->message;
    EXPECT_EQ(files(), before);
    EXPECT_EQ(group_get(*agent, "gs1", seen), DRV_E_NOT_FOUND);
}

// A writer that never stops makes it impossible to see one instant, and is told; nothing is left.
TEST_F(Groups, CopiesOfDifferentMomentsAreRefused) {
    ASSERT_EQ(group_create(*agent, "g1", {"v1", "v2"}, seen), DRV_OK);
    ASSERT_EQ(agent->attach("v2"), DRV_OK);
    const std::string device = agent->connection->device;
    const auto before = files();
    agent->next_call = std::make_unique<FakeCall>();
    char mark = 'a';
    // Between the copies of the two members, each time.
    agent->next_call->on_progress = [&] {
        const int fd = ::open(device.c_str(), O_WRONLY | O_CLOEXEC);
        mark = mark == 'a' ? 'b' : 'a';
        EXPECT_EQ(::pwrite(fd, &mark, 1, 0), 1);
        EXPECT_EQ(::fsync(fd), 0);
        ::close(fd);
    };
    EXPECT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("freeze"), std::string::npos) << agent->call->message;
    EXPECT_EQ(agent->call->flags & DRV_FAIL_RETRYABLE, std::uint64_t{DRV_FAIL_RETRYABLE});
    EXPECT_EQ(files(), before);
    EXPECT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_OK) << agent->call->message;
}

// The ordering of writes over two volumes survives: what the first has not, the second must not have.
TEST_F(Groups, SnapshotShowsOneInstantOfAWriter) {
    ASSERT_EQ(group_create(*agent, "g1", {"v1", "v2"}, seen), DRV_OK);
    std::vector<int> fds;
    for (const char *id : {"v1", "v2"}) {
        ASSERT_EQ(agent->attach(id), DRV_OK);
        fds.push_back(::open(agent->connection->device.c_str(), O_WRONLY | O_SYNC | O_CLOEXEC));
        ASSERT_GE(fds.back(), 0);
    }
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (std::uint64_t number = 1; !stop; ++number) {
            for (const int fd : fds) // v1 first, always
                EXPECT_EQ(::pwrite(fd, &number, sizeof number, 0), static_cast<ssize_t>(sizeof number));
        }
    });
    int taken = 0;
    for (int round = 0; round < 20; ++round) {
        const std::string tag = std::to_string(round);
        const drv_status status =
            group_snapshot(*agent, "g1", "gs" + tag, {{"v1", "a" + tag}, {"v2", "b" + tag}}, seen);
        EXPECT_TRUE(status == DRV_OK || status == DRV_E_CONFLICT) << agent->call->message;
        if (status != DRV_OK)
            continue;
        ++taken;
        const auto number = [&](const std::string &stem) {
            const std::string bytes = read_at(file("snapshots", stem + ".", ".img"), 0, 8);
            std::uint64_t value = 0;
            std::copy_n(bytes.data(), sizeof value, reinterpret_cast<char *>(&value));
            return value;
        };
        const std::uint64_t first = number("a" + tag);
        const std::uint64_t second = number("b" + tag);
        EXPECT_TRUE(first == second || first == second + 1) << first << " and " << second;
    }
    stop = true;
    writer.join();
    for (const int fd : fds)
        ::close(fd);
    EXPECT_EQ(group_snapshot(*agent, "g1", "gs", kPairs, seen), DRV_OK) << agent->call->message;
    RecordProperty("taken", taken);
}

class GroupCrash : public Groups {
protected:
    // A group snapshot, whose files are then changed to what a crash would leave.
    void SetUp() override {
        Groups::SetUp();
        if (IsSkipped())
            return;
        ASSERT_EQ(group_create(*agent, "g1", {"v1", "v2"}, seen), DRV_OK);
        clean = files();
        ASSERT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_OK) << agent->call->message;
        complete = files();
    }
    void rename_record(const char *from, const char *to) {
        fs::rename(root / "groups" / (std::string("gs1") + from),
                   root / "groups" / (std::string("gs1") + to));
    }
    void expect_none() {
        EXPECT_EQ(group_get(*agent, "gs1", seen), DRV_E_NOT_FOUND);
        ASSERT_EQ(group_snapshot_list(*agent, "", seen), DRV_OK);
        EXPECT_TRUE(seen.rows.empty());
        EXPECT_TRUE(snapshots().empty());
        EXPECT_EQ(agent->snapshot_get("s1"), DRV_E_NOT_FOUND);
        EXPECT_EQ(agent->snapshot_clone("s1", "c1"), DRV_E_NOT_FOUND);
        EXPECT_EQ(agent->revert("s1"), DRV_E_NOT_FOUND);
    }
    Ids clean, complete;
};

TEST_F(GroupCrash, CutBeforeTheCommitThereIsNone) {
    rename_record(".json", ".making");
    expect_none();
    // The second member was not written yet, and its image has its first name.
    fs::remove(root / "snapshots/s2.json");
    fs::path image = file("snapshots", "s2.", ".img");
    fs::path made = image;
    fs::rename(image, made.replace_extension(".new"));
    expect_none();
    EXPECT_EQ(open()->opened, DRV_OK); // a start, with its cleaning
    EXPECT_EQ(files(), clean);
    EXPECT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_OK) << agent->call->message;
    EXPECT_EQ(snapshots(), (Ids{"s1", "s2"}));
}

TEST_F(GroupCrash, CutBeforeAnyMemberWasWritten) {
    rename_record(".json", ".making");
    for (const char *id : {"s1", "s2"}) {
        fs::remove(root / "snapshots" / (std::string(id) + ".json"));
        fs::path image = file("snapshots", std::string(id) + ".", ".img");
        fs::path made = image;
        fs::rename(image, made.replace_extension(".new"));
    }
    write_file(root / "groups/gs2.making.tmp", "{");
    write_file(root / "groups/gs2.json.tmp", "{");
    expect_none();
    EXPECT_EQ(open()->opened, DRV_OK);
    EXPECT_EQ(files(), clean);
}

TEST_F(GroupCrash, TheSameAgainWithoutAStartInBetween) {
    rename_record(".json", ".making");
    ASSERT_EQ(group_snapshot(*agent, "g1", "gs1", kPairs, seen), DRV_OK) << agent->call->message;
    EXPECT_EQ(snapshots(), (Ids{"s1", "s2"}));
    EXPECT_EQ(files().size(), complete.size());
}

TEST_F(GroupCrash, UnfinishedMemberMakesRoomForASnapshotOfItsOwn) {
    rename_record(".json", ".making");
    ASSERT_EQ(agent->snapshot("v1", "s1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->volumes->only().attributes.count("group_snapshot"), 0U);
    EXPECT_EQ(agent->snapshot_destroy("s2"), DRV_OK) << agent->call->message;
    EXPECT_EQ(open()->opened, DRV_OK);
    EXPECT_EQ(snapshots(), (Ids{"s1"}));
    EXPECT_EQ(files().size(), clean.size() + 2);
}

TEST_F(GroupCrash, UnfinishedMembersDoNotHinderDestroy) {
    rename_record(".json", ".making");
    EXPECT_EQ(group_destroy(*agent, "g1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->destroy("v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(open()->opened, DRV_OK);
    EXPECT_EQ(files().size(), 4U); // v2 and v3
}

TEST_F(GroupCrash, GroupWithTheIdOfAnUnfinishedSnapshotDoesNotWakeItsMembers) {
    rename_record(".json", ".making");
    ASSERT_EQ(group_create(*agent, "gs1", {}, seen), DRV_OK) << agent->call->message;
    EXPECT_TRUE(snapshots().empty());
    EXPECT_EQ(files().size(), clean.size() + 1);
}

TEST_F(GroupCrash, RemovalIsFinished) {
    rename_record(".json", ".deleting");
    expect_none();
    fs::remove(root / "snapshots/s1.json");
    fs::remove(file("snapshots", "s1.", ".img"));
    EXPECT_EQ(open()->opened, DRV_OK);
    EXPECT_EQ(files(), clean);
}

TEST_F(GroupCrash, RemovalIsFinishedByTheSameAgain) {
    rename_record(".json", ".deleting");
    EXPECT_EQ(group_snapshot_destroy(*agent, "gs1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(files(), clean);
}

TEST_F(GroupCrash, DamagedGroupIsTold) {
    write_file(root / "groups/g1.json", "{");
    EXPECT_EQ(group_get(*agent, "g1", seen), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find("g1.json"), std::string::npos) << agent->call->message;
    ASSERT_EQ(group_list(*agent, seen), DRV_OK);
    EXPECT_TRUE(seen.rows.empty());
    EXPECT_NE(agent->host.logged(DRV_LOG_WARN).find("g1.json"), std::string::npos);
    EXPECT_EQ(group_create(*agent, "g1", {"v1"}, seen), DRV_E_CONFLICT);
    EXPECT_EQ(agent->destroy("v3"), DRV_E_CONFLICT); // nobody knows whether it is in there
    EXPECT_EQ(open()->opened, DRV_OK);
    EXPECT_EQ(read_file(root / "groups/g1.json"), "{");
}

} // namespace
} // namespace loopback::testing
