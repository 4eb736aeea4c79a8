// Ten thousand volumes, and what an instance remembers of a folder that others change.
#include "extension_calls.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;

class Remembered : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        // Flushing costs nothing there, and it needs no device.
        mount("tmpfs", scratch / "memory", "tmpfs", "size=512m,nr_inodes=200k,mode=0700");
        root = scratch / "memory/root";
        agent = open();
    }
    Ids listed(Agent &from) {
        Ids ids;
        EXPECT_EQ(from.list(), DRV_OK) << from.call->message;
        for (const auto &row : from.volumes->rows)
            ids.push_back(row.id);
        return ids;
    }
    // Runs it in another process, as another agent.
    void elsewhere(void (*run)(Agent &)) const {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            {
                Agent other(root, "node-b");
                run(other);
            }
            ::_exit(::testing::Test::HasFailure() ? 1 : 0);
        }
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    std::unique_ptr<Agent> agent;
};

TEST_F(Remembered, TenThousandVolumes) {
    constexpr std::size_t kMany = 10'000;
    const auto id_of = [](std::size_t number) { return "volume-" + std::to_string(number); };
    for (std::size_t number = 0; number < kMany; ++number)
        ASSERT_EQ(agent->create(id_of(number), kMiB), DRV_OK) << agent->call->message;
    const auto expect_all = [&](Agent &from, std::uint64_t page, std::size_t count) {
        std::set<std::string> ids;
        std::string token;
        std::size_t pages = 0;
        do {
            ASSERT_EQ(from.list(page, token), DRV_OK) << from.call->message;
            EXPECT_LE(from.volumes->rows.size(), page == 0 ? count : page);
            for (const auto &row : from.volumes->rows)
                EXPECT_TRUE(ids.insert(row.id).second) << row.id;
            token = from.volumes->token;
            ++pages;
        } while (!token.empty());
        EXPECT_EQ(ids.size(), count);
        EXPECT_EQ(pages, page == 0 ? 1 : (count + page - 1) / page);
    };
    expect_all(*agent, 0, kMany);
    expect_all(*agent, 700, kMany);
    const auto other = open("node-b");
    expect_all(*other, 0, kMany);
    for (std::size_t number = 0; number < kMany; number += 7) {
        ASSERT_EQ(agent->get(id_of(number)), DRV_OK) << agent->call->message;
        EXPECT_EQ(agent->volumes->only().id, id_of(number));
        EXPECT_EQ(agent->volumes->only().bytes, kMiB);
    }
    for (std::size_t number = 0; number < kMany; number += 2)
        ASSERT_EQ(other->destroy(id_of(number)), DRV_OK) << other->call->message;
    EXPECT_EQ(agent->get(id_of(0)), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->get(id_of(1)), DRV_OK);
    expect_all(*agent, 0, kMany / 2);
    expect_all(*agent, 1000, kMany / 2);
    for (std::size_t number = 1; number < kMany; number += 2)
        ASSERT_EQ(agent->destroy(id_of(number)), DRV_OK) << agent->call->message;
    expect_all(*agent, 0, 0);
    expect_all(*other, 0, 0);
    EXPECT_TRUE(files().empty());
}

TEST_F(Remembered, WhatAnotherProcessDoesIsSeenAtOnce) {
    for (const char *id : {"v1", "v2"})
        ASSERT_EQ(agent->create(id, kMiB), DRV_OK);
    EXPECT_EQ(listed(*agent), (Ids{"v1", "v2"}));
    elsewhere([](Agent &other) {
        EXPECT_EQ(other.create("v3", kMiB), DRV_OK);
        EXPECT_EQ(other.destroy("v1"), DRV_OK);
        EXPECT_EQ(other.extend("v2", 2 * kMiB), DRV_OK);
    });
    EXPECT_EQ(agent->get("v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->get("v3"), DRV_OK);
    EXPECT_EQ(listed(*agent), (Ids{"v2", "v3"}));
    EXPECT_EQ(agent->volumes->rows.at(0).bytes, 2 * kMiB);
    elsewhere([](Agent &other) {
        EXPECT_EQ(other.snapshot("v2", "s1"), DRV_OK);
        EXPECT_EQ(retype(other, "v3", "silver"), DRV_OK);
    });
    EXPECT_EQ(agent->destroy("v2"), DRV_E_CONFLICT); // it has a snapshot now
    ASSERT_EQ(agent->get("v3"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().profile, "silver");
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_EQ(agent->volumes->rows.at(1).profile, "silver");
    elsewhere([](Agent &other) { EXPECT_EQ(other.attach("v3"), DRV_OK) << other.call->message; });
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_EQ(agent->volumes->rows.at(1).attached_nodes, (Ids{"node-b"}));
    elsewhere([](Agent &other) { EXPECT_EQ(other.detach("v3"), DRV_OK) << other.call->message; });
    ASSERT_EQ(agent->get("v3"), DRV_OK);
    EXPECT_TRUE(agent->volumes->only().attached_nodes.empty());
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_TRUE(agent->volumes->rows.at(1).attached_nodes.empty());
}

// One change after the other, as quickly as file times cannot tell apart.
TEST_F(Remembered, QuickChangesAreAllSeen) {
    const auto other = open("node-b");
    ASSERT_EQ(other->create("v1", kMiB), DRV_OK);
    for (std::uint64_t size = 2; size < 200; ++size) {
        ASSERT_EQ(other->extend("v1", size * kMiB), DRV_OK);
        ASSERT_EQ(agent->get("v1"), DRV_OK);
        EXPECT_EQ(agent->volumes->only().bytes, size * kMiB);
        ASSERT_EQ(agent->list(), DRV_OK);
        EXPECT_EQ(agent->volumes->only().bytes, size * kMiB);
    }
    for (int round = 0; round < 100; ++round) {
        ASSERT_EQ(other->destroy("v1"), DRV_OK);
        EXPECT_EQ(agent->get("v1"), DRV_E_NOT_FOUND);
        EXPECT_TRUE(listed(*agent).empty());
        ASSERT_EQ(other->create("v1", kMiB), DRV_OK);
        EXPECT_EQ(agent->get("v1"), DRV_OK);
        EXPECT_EQ(listed(*agent), (Ids{"v1"}));
    }
}

TEST_F(Remembered, UsedBytesOfAnAttachedVolumeAreOfThisMoment) {
    ASSERT_EQ(agent->create("v1", 8 * kMiB), DRV_OK);
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_LT(agent->volumes->only().used_bytes, kMiB);
    write_at(device, 0, std::string(4 * kMiB, 'x'));
    const int fd = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::fsync(fd), 0);
    ::close(fd);
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_GE(agent->volumes->only().used_bytes, 4 * kMiB);
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_GE(agent->volumes->only().used_bytes, 4 * kMiB);
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    ASSERT_EQ(agent->list(), DRV_OK);
    EXPECT_GE(agent->volumes->only().used_bytes, 4 * kMiB);
}

TEST_F(Remembered, DamageIsSeenInAListThatWasGoodBefore) {
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    EXPECT_EQ(listed(*agent), (Ids{"v1"}));
    const auto state = [&] {
        EXPECT_EQ(agent->list(), DRV_OK);
        const std::uint32_t in_list = agent->volumes->only().state;
        EXPECT_EQ(agent->get("v1"), DRV_OK);
        EXPECT_EQ(agent->volumes->only().state, in_list);
        return in_list;
    };
    const fs::path image = file("volumes", "v1.", ".img");
    fs::rename(image, scratch / "memory/away");
    EXPECT_EQ(state(), std::uint32_t{DRV_VOLUME_FAULTED});
    fs::rename(scratch / "memory/away", image);
    EXPECT_EQ(state(), std::uint32_t{DRV_VOLUME_READY});
    const std::string good = read_file(root / "volumes/v1.json");
    write_file(root / "volumes/v1.json", "{");
    EXPECT_EQ(state(), std::uint32_t{DRV_VOLUME_FAULTED});
    write_file(root / "volumes/v1.json", good);
    EXPECT_EQ(state(), std::uint32_t{DRV_VOLUME_READY});
    fs::resize_file(image, 512); // which nobody is told of
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().state, std::uint32_t{DRV_VOLUME_FAULTED});
}

TEST_F(Remembered, MoreChangesThanTheKernelKeeps) {
    for (const char *id : {"v1", "v2"})
        ASSERT_EQ(agent->create(id, kMiB), DRV_OK);
    EXPECT_EQ(listed(*agent).size(), 2U);
    std::uint64_t most = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
    ASSERT_GT(most, 0U);
    if (most > 100'000)
        GTEST_SKIP() << "the queue takes " << most << " events here";
    for (std::uint64_t number = 0; number <= most / 2; ++number) { // two events each, at least
        write_file(root / "volumes/noise", "");
        fs::rename(root / "volumes/noise", root / "volumes/more noise");
    }
    const auto other = open("node-b");
    ASSERT_EQ(other->create("v3", kMiB), DRV_OK);
    ASSERT_EQ(other->destroy("v1"), DRV_OK);
    EXPECT_EQ(listed(*agent), (Ids{"v2", "v3"}));
    ASSERT_EQ(other->destroy("v2"), DRV_OK);
    EXPECT_EQ(listed(*agent), (Ids{"v3"}));
}

TEST_F(Remembered, WithoutNoticesEverythingIsLookedAt) {
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    const auto other = open("node-b");
    mount("tmpfs", "/proc", "tmpfs", "size=1m"); // through which a folder is watched
    EXPECT_EQ(listed(*agent), (Ids{"v1"}));
    ASSERT_EQ(other->create("v2", kMiB), DRV_OK) << other->call->message;
    ASSERT_EQ(other->extend("v1", 2 * kMiB), DRV_OK);
    EXPECT_EQ(listed(*agent), (Ids{"v1", "v2"}));
    EXPECT_EQ(agent->volumes->rows.at(0).bytes, 2 * kMiB);
    ASSERT_EQ(other->destroy("v1"), DRV_OK);
    EXPECT_EQ(listed(*agent), (Ids{"v2"}));
    EXPECT_EQ(agent->get("v1"), DRV_E_NOT_FOUND);
}

} // namespace
} // namespace loopback::testing
