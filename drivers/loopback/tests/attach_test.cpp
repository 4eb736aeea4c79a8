// Attach, detach and resolve on real loop devices; who excludes whom.
#include "loopback_fixture.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/loop.h>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;

class Attach : public LoopbackTest {
protected:
    void SetUp() override {
        LoopbackTest::SetUp();
        if (IsSkipped())
            return;
        agent = open();
        ASSERT_EQ(agent->create("v1", 8 * kMiB), DRV_OK) << agent->call->message;
    }
    // By device or inode and path, as the kernel tells it.
    static std::string wwid_of(const std::string &device) {
        const int fd = ::open(device.c_str(), O_RDONLY | O_CLOEXEC);
        loop_info64 info{};
        EXPECT_EQ(::ioctl(fd, LOOP_GET_STATUS64, &info), 0);
        ::close(fd);
        std::ostringstream text;
        text << std::hex << "loop:" << info.lo_device << ":" << info.lo_inode;
        return text.str();
    }
    // Runs `body` in that many processes at once and returns their exit codes.
    template <class Body>
    static std::vector<int> in_processes(int count, const Body &body) {
        int gate[2];
        EXPECT_EQ(::pipe2(gate, O_CLOEXEC), 0);
        std::vector<pid_t> children;
        for (int i = 0; i < count; ++i) {
            const pid_t child = ::fork();
            if (child == 0) {
                ::close(gate[1]);
                char byte;
                (void)!::read(gate[0], &byte, 1); // until all are there
                ::_exit(body(i));
            }
            children.push_back(child);
        }
        ::close(gate[0]);
        ::close(gate[1]);
        std::vector<int> codes;
        for (const pid_t child : children) {
            int status = 0;
            ::waitpid(child, &status, 0);
            codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : 255);
        }
        return codes;
    }

    std::unique_ptr<Agent> agent;
};

TEST_F(Attach, DeviceIsTheVolume) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->connection->protocol, std::uint32_t{DRV_PROTO_LOCAL});
    const std::string device = agent->connection->device;
    EXPECT_EQ(device_bytes(device), 8 * kMiB);
    EXPECT_EQ(agent->connection->wwid, wwid_of(device));
    EXPECT_EQ(read_at(device, 4 * kMiB, 4096), std::string(4096, '\0'));
    write_at(device, 4096, "kept");
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().attached_nodes, std::vector<std::string>{"node-a"});
    ASSERT_EQ(agent->detach("v1"), DRV_OK) << agent->call->message;
    EXPECT_TRUE(loops_below(root).empty());
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(read_at(agent->connection->device, 4096, 4), "kept");
}

TEST_F(Attach, AgainGivesTheSameConnection) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(agent->connection->device, device);
    ASSERT_EQ(agent->resolve("v1"), DRV_OK);
    EXPECT_EQ(agent->connection->device, device);
    EXPECT_EQ(agent->connection->wwid, wwid_of(device));
    EXPECT_EQ(loops_below(root).size(), 1U);
}

TEST_F(Attach, ElsewhereIsRefusedAndNamed) {
    const auto other = open("node-b");
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    EXPECT_EQ(other->attach("v1"), DRV_E_CONFLICT);
    EXPECT_NE(other->call->message.find("node-a"), std::string::npos) << other->call->message;
    EXPECT_EQ(other->resolve("v1"), DRV_E_NOT_FOUND);
    EXPECT_EQ(other->detach("v1"), DRV_OK); // its own access only: there is none
    ASSERT_EQ(other->get("v1"), DRV_OK);
    EXPECT_EQ(other->volumes->only().attached_nodes, std::vector<std::string>{"node-a"});
    EXPECT_EQ(other->destroy("v1"), DRV_E_CONFLICT);
    ASSERT_EQ(agent->detach("v1"), DRV_OK);
    EXPECT_EQ(other->attach("v1"), DRV_OK);
}

TEST_F(Attach, AbsentVolume) {
    EXPECT_EQ(agent->attach("nope"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->resolve("nope"), DRV_E_NOT_FOUND);
    EXPECT_EQ(agent->detach("nope"), DRV_OK);
    EXPECT_EQ(agent->detach("v1"), DRV_OK);
}

TEST_F(Attach, ReadOnlyCannotBeWritten) {
    ASSERT_EQ(agent->attach("v1", DRV_ATTACH_READ_ONLY), DRV_OK) << agent->call->message;
    EXPECT_THROW(write_at(agent->connection->device, 0, "x"), std::runtime_error);
    EXPECT_EQ(agent->attach("v1"), DRV_E_CONFLICT); // another kind of attachment
    EXPECT_EQ(agent->detach("v1"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->attach("v1"), DRV_OK);
}

TEST_F(Attach, OpenDeviceIsNotTakenAwayNowOrLater) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    const int holder = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(holder, 0);
    EXPECT_EQ(agent->detach("v1"), DRV_E_CONFLICT);
    EXPECT_NE(agent->call->message.find(device), std::string::npos);
    ::close(holder);
    EXPECT_EQ(agent->resolve("v1"), DRV_OK); // not cleared by the last close
    EXPECT_EQ(agent->detach("v1"), DRV_OK) << agent->call->message;
    EXPECT_TRUE(loops_below(root).empty());
}

TEST_F(Attach, MountedDeviceIsNotTakenAway) {
    ASSERT_EQ(agent->attach("v1"), DRV_OK);
    const std::string device = agent->connection->device;
    ASSERT_EQ(std::system(("mkfs.ext4 -q " + device).c_str()), 0);
    mount(device, scratch / "mnt", "ext4", nullptr);
    EXPECT_EQ(agent->detach("v1"), DRV_E_CONFLICT);
    EXPECT_EQ(agent->destroy("v1"), DRV_E_CONFLICT);
    ASSERT_EQ(::umount((scratch / "mnt").c_str()), 0);
    EXPECT_EQ(agent->detach("v1"), DRV_OK) << agent->call->message;
}

TEST_F(Attach, OfManyNodesExactlyOneWins) {
    constexpr int kNodes = 6;
    const auto codes = in_processes(kNodes, [&](int i) {
        const auto mine = open("node-" + std::to_string(i));
        const drv_status status = mine->attach("v1");
        return status == DRV_OK ? 0 : status == DRV_E_CONFLICT ? 1 : 2;
    });
    EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 1);
    EXPECT_EQ(std::count(codes.begin(), codes.end(), 1), kNodes - 1);
    EXPECT_EQ(loops_below(root).size(), 1U);
}

TEST_F(Attach, OneNodeInManyProcessesGetsOneDevice) {
    const auto codes = in_processes(6, [&](int) { return open()->attach("v1") == DRV_OK ? 0 : 1; });
    EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 6);
    EXPECT_EQ(loops_below(root).size(), 1U);
}

TEST_F(Attach, ManyVolumesAtOnceGetDevicesOfTheirOwn) {
    constexpr int kCount = 6;
    for (int i = 0; i < kCount; ++i)
        ASSERT_EQ(agent->create("p" + std::to_string(i), kMiB), DRV_OK);
    const auto codes = in_processes(
        kCount, [&](int i) { return open()->attach("p" + std::to_string(i)) == DRV_OK ? 0 : 1; });
    EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), kCount);
    EXPECT_EQ(loops_below(root).size(), std::size_t{kCount});
    for (int i = 0; i < kCount; ++i)
        EXPECT_EQ(agent->detach("p" + std::to_string(i)), DRV_OK) << agent->call->message;
    EXPECT_TRUE(loops_below(root).empty());
}

TEST_F(Attach, CreateRaceMakesOneVolume) {
    const auto codes = in_processes(6, [&](int i) {
        const auto mine = open("node-" + std::to_string(i));
        return mine->create("raced", kMiB) == DRV_OK ? 0 : 1;
    });
    EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 6);
    EXPECT_EQ(files().size(), 4U); // two of each volume
}

TEST_F(Attach, ComputeInstanceIdStandsForThisNode) {
    const auto named = open("node-b", {{"compute_instance_id", "i-123"}});
    ASSERT_EQ(named->attach("v1"), DRV_OK) << named->call->message;
    EXPECT_EQ(named->volumes->rows.size(), 0U);
    ASSERT_EQ(named->get("v1"), DRV_OK);
    EXPECT_EQ(named->volumes->only().attached_nodes,
              std::vector<std::string>{"node-b"}); // as its host knows it
    ASSERT_EQ(agent->get("v1"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().attached_nodes, std::vector<std::string>{"i-123"});
    // Another start of that agent, with another random id, is the same node.
    const auto again = open("node-c", {{"compute_instance_id", "i-123"}});
    EXPECT_EQ(again->resolve("v1"), DRV_OK);
    EXPECT_EQ(again->detach("v1"), DRV_OK);
}

} // namespace
} // namespace loopback::testing
