// A disk that is full, and what the profiles promise about space.
#include "loopback_fixture.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace loopback::testing {
namespace {

namespace fs = std::filesystem;

class Space : public LoopbackTest {
protected:
    static bool discard(const std::string &device, std::uint64_t offset, std::uint64_t length) {
        const int fd = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
        std::uint64_t range[2] = {offset, length};
        const bool done = ::ioctl(fd, BLKDISCARD, range) == 0;
        ::close(fd);
        return done;
    }
};

TEST_F(Space, FullDiskIsSaidAndLeavesNothing) {
    mount("tmpfs", root, "tmpfs", "size=16m,mode=0700");
    const auto agent = open();
    ASSERT_EQ(agent->create("thin", 100 * kMiB), DRV_OK) << agent->call->message;
    const auto before = files();
    EXPECT_EQ(agent->create("thick", 100 * kMiB, "gold"), DRV_E_NO_SPACE);
    EXPECT_EQ(files(), before);
    ASSERT_EQ(agent->create("small", 6 * kMiB, "gold"), DRV_OK) << agent->call->message;
    EXPECT_EQ(agent->extend("small", 60 * kMiB), DRV_E_NO_SPACE);
    ASSERT_EQ(agent->get("small"), DRV_OK);
    EXPECT_EQ(agent->volumes->only().bytes, 6 * kMiB);
    EXPECT_LE(agent->volumes->only().used_bytes, 7 * kMiB);
    // The copy of the reserved volume is 6 MiB once more, and then there is no room for a third.
    ASSERT_EQ(agent->clone("small", "copy", 0, "gold"), DRV_OK) << agent->call->message;
    const auto full = files();
    EXPECT_EQ(agent->clone("small", "copy2", 0, "gold"), DRV_E_NO_SPACE);
    EXPECT_EQ(files(), full);
    EXPECT_EQ(agent->destroy("copy"), DRV_OK);
}

TEST_F(Space, NoRoomForMetadataIsSaidToo) {
    mount("tmpfs", root, "tmpfs", "size=4m,mode=0700");
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", kMiB), DRV_OK);
    const auto before = files();
    {
        const int fd = ::open((root / "fill").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        const std::string block(4096, 'x');
        while (::write(fd, block.data(), block.size()) > 0) {
        }
        ::close(fd);
    }
    EXPECT_EQ(agent->create("v2", kMiB), DRV_E_NO_SPACE) << agent->call->message;
    EXPECT_EQ(agent->extend("v1", 2 * kMiB), DRV_E_NO_SPACE);
    EXPECT_EQ(agent->destroy("v1"), DRV_OK) << agent->call->message; // which needs none
    fs::remove(root / "fill");
    EXPECT_TRUE(files().empty());
}

TEST_F(Space, ProfilesTreatDiscardsAsTheyPromise) {
    const auto agent = open();
    // In this order, since a device number is likely to be reused for the next one.
    for (const char *profile : {"gold", "silver", "bronze", ""}) {
        SCOPED_TRACE(profile);
        const std::string id = "v" + std::string(profile);
        ASSERT_EQ(agent->create(id, 8 * kMiB, profile), DRV_OK) << agent->call->message;
        const bool reserved = std::string_view(profile) == "gold";
        EXPECT_EQ(agent->volumes->only().used_bytes >= 8 * kMiB, reserved);
        ASSERT_EQ(agent->attach(id), DRV_OK) << agent->call->message;
        const std::string device = agent->connection->device;
        write_at(device, 0, std::string(4 * kMiB, 'x'));
        const int fd = ::open(device.c_str(), O_RDONLY | O_CLOEXEC);
        ASSERT_EQ(::fsync(fd), 0);
        ::close(fd);
        const bool gives_back = std::string_view(profile) == "bronze" || *profile == '\0';
        EXPECT_EQ(discard(device, 0, 4 * kMiB), gives_back);
        ASSERT_EQ(agent->get(id), DRV_OK);
        EXPECT_EQ(agent->volumes->only().used_bytes < 4 * kMiB, gives_back);
        ASSERT_EQ(agent->detach(id), DRV_OK) << agent->call->message;
    }
}

TEST_F(Space, ReservedVolumesAreCopiedInFull) {
    const auto agent = open();
    ASSERT_EQ(agent->create("v1", 8 * kMiB, "gold"), DRV_OK);
    ASSERT_EQ(agent->clone("v1", "c1", 16 * kMiB, "gold"), DRV_OK) << agent->call->message;
    EXPECT_GE(agent->volumes->only().used_bytes, 16 * kMiB);
    ASSERT_EQ(agent->extend("c1", 20 * kMiB), DRV_OK);
    EXPECT_GE(agent->volumes->only().used_bytes, 20 * kMiB);
    ASSERT_EQ(agent->snapshot("c1", "s1"), DRV_OK);
    ASSERT_EQ(agent->revert("s1"), DRV_OK) << agent->call->message;
    ASSERT_EQ(agent->get("c1"), DRV_OK);
    EXPECT_GE(agent->volumes->only().used_bytes, 20 * kMiB);
}

} // namespace
} // namespace loopback::testing
