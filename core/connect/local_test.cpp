#include "core/connect/local.hpp"
#include "core/connect/local_identity.hpp"
#include "core/filesystem/testing/loop_device.hpp"
#include "core/filesystem/testing/private_mounts.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace drover::connect {
namespace {

using drover::testing_devices::LoopDevice;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::uint64_t kMiB = 1024ULL * 1024;

class LocalTest : public drover::testing_devices::PrivateMounts {
protected:
    static Connection to(const LoopDevice &loop) {
        Connection connection;
        connection.device = loop.path().string();
        connection.wwid = loop.wwid();
        return connection;
    }
    static Deadline soon() { return Deadline::after(20s); }
    LocalConnector connector_;
};

TEST_F(LocalTest, FindsAndProvesALoopDevice) {
    const LoopDevice loop(8 * kMiB);
    auto device = connector_.connect(to(loop), {}, soon());
    ASSERT_TRUE(device.has_value()) << device.error().message;
    EXPECT_EQ(*device,
              (Device{loop.path(), loop.number_major(), loop.number_minor(), 8 * kMiB, false, loop.wwid()}));
}

TEST_F(LocalTest, TellsThatADeviceIsReadOnly) {
    const LoopDevice loop(8 * kMiB, true);
    EXPECT_TRUE(connector_.find(to(loop), soon()).value().read_only);
}

TEST_F(LocalTest, FollowsASymlinkInsideDev) {
    const LoopDevice loop(kMiB);
    auto connection = to(loop);
    connection.device = "/dev/../dev/" + loop.path().filename().string();
    EXPECT_EQ(connector_.find(connection, soon()).value().path, loop.path());
}

TEST_F(LocalTest, AnotherDeviceOnThePathIsAConflictAndDisconnectLeavesItAlone) {
    const LoopDevice loop(kMiB);
    auto connection = to(loop);
    connection.wwid = "loop:1:2";
    auto device = connector_.connect(connection, {}, soon());
    ASSERT_FALSE(device.has_value());
    EXPECT_EQ(device.error().code, Code::conflict);
    EXPECT_THAT(device.error().message,
                AllOf(HasSubstr(loop.wwid()), HasSubstr("loop:1:2"), HasSubstr("left alone")));
    EXPECT_TRUE(connector_.disconnect(connection, soon()).has_value());
}

TEST_F(LocalTest, WhatIsNotThereIsNotFoundAndDisconnected) {
    Connection connection;
    connection.device = "/dev/drover-no-such-device";
    connection.wwid = "loop:1:2";
    EXPECT_EQ(connector_.find(connection, soon()).error().code, Code::not_found);
    auto missing = connector_.connect(connection, {}, Deadline::after(50ms));
    EXPECT_EQ(missing.error().code, Code::not_found);
    EXPECT_TRUE(missing.error().retryable);
    EXPECT_TRUE(connector_.disconnect(connection, soon()).has_value());
}

TEST_F(LocalTest, ALoopDeviceWithoutFileIsNotFound) {
    Connection connection;
    {
        const LoopDevice loop(kMiB);
        connection = to(loop);
    }
    const auto code = connector_.find(connection, soon()).error().code;
    // A test beside this one may have taken the number.
    EXPECT_TRUE(code == Code::not_found || code == Code::conflict) << to_string(code);
    EXPECT_TRUE(connector_.disconnect(connection, soon()).has_value());
}

TEST_F(LocalTest, RefusesWhatIsNoDeviceBelowDev) {
    const auto file = folder() / "plain";
    std::ofstream(file) << "x";
    Connection connection;
    connection.wwid = "loop:1:2";
    for (const std::string &bad :
         {file.string(), std::string("/dev/null"), std::string("dev/loop0"), std::string(),
          "/dev/.." + file.string(), std::string("/dev/loop0\0x", 12)}) {
        connection.device = bad;
        EXPECT_EQ(connector_.find(connection, soon()).error().code, Code::invalid) << bad;
    }
}

TEST_F(LocalTest, AnEmptyWwidIsRefusedAsUnproven) {
    const LoopDevice loop(kMiB);
    auto connection = to(loop);
    connection.wwid.clear();
    auto device = connector_.find(connection, soon());
    EXPECT_EQ(device.error().code, Code::invalid);
    EXPECT_THAT(device.error().message, HasSubstr("without identity"));
}

TEST_F(LocalTest, DisconnectRefusesWhileSomebodyHasItExclusively) {
    const LoopDevice loop(kMiB);
    const int holder = ::open(loop.path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);
    ASSERT_GE(holder, 0);
    auto busy = connector_.disconnect(to(loop), soon());
    ASSERT_FALSE(busy.has_value());
    EXPECT_EQ(busy.error().code, Code::conflict);
    EXPECT_THAT(busy.error().message, AllOf(HasSubstr(loop.path().string()), HasSubstr("still in use")));
    ::close(holder);
    EXPECT_TRUE(connector_.disconnect(to(loop), soon()).has_value());
}

TEST_F(LocalTest, RescanTakesTheNewSizeOfTheFile) {
    const LoopDevice loop(4 * kMiB);
    loop.resize(16 * kMiB);
    EXPECT_EQ(connector_.rescan(to(loop), 16 * kMiB, soon()).value().bytes, 16 * kMiB);
}

TEST_F(LocalTest, RescanWaitsForAVolumeThatGrowsLater) {
    const LoopDevice loop(4 * kMiB);
    std::atomic<bool> started{false};
    std::thread grower([&] {
        started.wait(false);
        loop.resize(8 * kMiB);
    });
    started = true;
    started.notify_one();
    EXPECT_EQ(connector_.rescan(to(loop), 8 * kMiB, soon()).value().bytes, 8 * kMiB);
    grower.join();
}

TEST_F(LocalTest, RescanThatNeverGrowsEndsAtTheDeadline) {
    const LoopDevice loop(4 * kMiB);
    auto device = connector_.rescan(to(loop), 8 * kMiB, Deadline::after(100ms));
    ASSERT_FALSE(device.has_value());
    EXPECT_EQ(device.error().code, Code::deadline);
}

// ---- Identities from sysfs, on a folder that looks like it. ----

class IdentityTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "drover-sysfs-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        sysfs_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(sysfs_); }
    void put(const std::string &file, const std::string &content) const {
        const auto path = sysfs_ / "dev/block/254:3" / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
    }
    [[nodiscard]] Result<std::vector<std::string>> identities() const {
        return identities_of(-1, 254, 3, sysfs_);
    }
    std::filesystem::path sysfs_;
};

TEST_F(IdentityTest, DeviceMapperGoesByItsUuidOnly) {
    put("dm/uuid", "LVM-abc\n");
    put("serial", "S1\n");
    EXPECT_THAT(identities().value(), ElementsAre("dm:LVM-abc"));
}

TEST_F(IdentityTest, SerialsAndWwidsAreAllAccepted) {
    put("serial", " S1 \n");
    put("wwid", "naa.600140\n");
    put("device/vpd_pg80", "\0\x80\0\4 S2 trailing"s);
    EXPECT_THAT(identities().value(), ElementsAre("serial:S1", "serial:naa.600140", "serial:S2"));
}

TEST_F(IdentityTest, ABrokenSerialPageIsNotBelieved) {
    put("device/vpd_pg80", "\0\x80\xff\xffS2"s);
    EXPECT_FALSE(identities().has_value());
}

TEST_F(IdentityTest, NoIdentityFailsClosed) {
    put("serial", "\n");
    put("dm/uuid", "");
    auto none = identities();
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().code, Code::internal);
    EXPECT_THAT(none.error().message, AllOf(HasSubstr("254:3"), HasSubstr("cannot be proven")));
}

} // namespace
} // namespace drover::connect
