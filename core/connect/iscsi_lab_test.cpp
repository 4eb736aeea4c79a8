// iSCSI and multipath for real: the kernel's initiator and target, open-iscsi, multipathd. Needs the lab's
// guest.
#include "core/connect/connectors.hpp"
#include "core/connect/iscsi_session.hpp"
#include "core/connect/multipath.hpp"
#include "core/connect/sysfs.hpp"
#include "core/connect/testing/lab_node.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>

namespace drover::connect {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::uint64_t kMiB = 1024UL * 1024;
const std::vector<std::string> kPortals{"127.0.0.1:3260", "127.0.0.2:3260"};

class IscsiLab : public ::testing::Test {
protected:
    void SetUp() override {
        if (const auto why =
                not_in_lab({"target_core_mod", "target_core_iblock", "iscsi_target_mod", "iscsi_tcp",
                            "sd_mod", "sg", "dm_multipath", "dm_service_time", "loop", "scsi_dh_alua"});
            !why.empty())
            GTEST_SKIP() << why;
        put("/etc/iscsi/initiatorname.iscsi", std::string("InitiatorName=") + LioTarget::kInitiator + "\n");
        write_multipath_conf("queue");
        iscsid_.emplace("iscsid");
        multipathd_.emplace("multipathd");
        target_.emplace(kPortals);
    }
    void TearDown() override {
        if (!target_)
            return;
        EXPECT_THAT(iscsi_sessions(HostAccess{}), IsEmpty());
        EXPECT_THAT(scsi_disks(HostAccess{}), IsEmpty());
        EXPECT_THAT(folder_names("/etc/iscsi/nodes"), IsEmpty());
    }
    static Connector &connector(const Connectors &connectors) {
        return **connectors.for_protocol(Protocol::iscsi);
    }
    // As the operator's configuration would answer.
    Secrets secrets() {
        return [this](const std::string &key) -> Result<SecretText> {
            const auto found = values_.find(key);
            if (found == values_.end())
                return fail(Code::not_found, "no such key: " + key);
            return SecretText(found->second);
        };
    }

    const LabVolume &volume(unsigned number, unsigned mebibytes) {
        return *volumes_.emplace_back(std::make_unique<LabVolume>(number, mebibytes));
    }

    std::vector<std::unique_ptr<LabVolume>> volumes_; // outlive the target, which holds them
    std::optional<Daemon> iscsid_;
    std::optional<Daemon> multipathd_;
    std::optional<LioTarget> target_;
    std::map<std::string, std::string> values_;
    Connectors connectors_ = standard_connectors();
    Connector &iscsi_ = connector(connectors_);
};

TEST_F(IscsiLab, TwoVolumesWithMutualChapOverTwoPortalsShareTheirSessions) {
    const LabVolume &one = volume(1, 64);
    const LabVolume &two = volume(2, 64);
    target_->demand_chap("drover", "one-way-secret-1", "array", "other-way-secret");
    target_->map(one, 1);
    target_->map(two, 300);
    values_ = {{"chap", "one-way-secret-1"}, {"mutual", "other-way-secret"}};
    auto first = iscsi_connection(one, 1, kPortals);
    first.auth_user = "drover";
    first.auth_secret_key = "chap";
    first.attributes = {{std::string(kMutualUser), "array"}, {std::string(kMutualSecretKey), "mutual"}};
    auto second = first;
    second.wwid = two.wwid();
    second.lun = 300;

    EXPECT_EQ(iscsi_.find(first, in_seconds(30)).error().code, Code::not_found);
    auto device = iscsi_.connect(first, secrets(), in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    EXPECT_THAT(device->path.string(), StartsWith("/dev/dm-"));
    EXPECT_EQ(device->bytes, 64 * kMiB);
    EXPECT_EQ(device->wwid, one.wwid());
    EXPECT_EQ(iscsi_.find(first, in_seconds(30)).value(), *device);
    // Only this LUN was looked for, on both paths.
    EXPECT_THAT(scsi_disks(HostAccess{}), SizeIs(2));
    EXPECT_THAT(find_map(HostAccess{}, one.wwid()).value().paths, SizeIs(2));
    const auto text = run("/usr/sbin/iscsiadm", {"-m", "node", "-T", LioTarget::kIqn, "-p", kPortals[0]});
    EXPECT_THAT(text, AllOf(HasSubstr("node.startup = manual"), HasSubstr("node.session.scan = manual"),
                            HasSubstr("node.session.auth.username_in = array")));

    auto other = iscsi_.connect(second, secrets(), in_seconds(120));
    ASSERT_TRUE(other.has_value()) << other.error().message;
    EXPECT_NE(other->path, device->path);
    EXPECT_THAT(iscsi_sessions(HostAccess{}), SizeIs(2));

    auto gone = iscsi_.disconnect(first, in_seconds(120));
    ASSERT_TRUE(gone.has_value()) << gone.error().message;
    EXPECT_EQ(iscsi_.find(first, in_seconds(30)).error().code, Code::not_found);
    EXPECT_EQ(iscsi_.find(second, in_seconds(30)).value(), *other); // it still has its sessions
    gone = iscsi_.disconnect(second, in_seconds(120));
    ASSERT_TRUE(gone.has_value()) << gone.error().message;
    EXPECT_TRUE(iscsi_.disconnect(second, in_seconds(120)).has_value());
}

TEST_F(IscsiLab, AWrongSecretIsNamedAndNotShown) {
    const LabVolume &disk = volume(1, 64);
    target_->demand_chap("drover", "one-way-secret-1", "", "");
    target_->map(disk, 1);
    values_ = {{"chap", "wrong-secret-12"}};
    auto connection = iscsi_connection(disk, 1, kPortals);
    connection.auth_user = "drover";
    connection.auth_secret_key = "chap";
    auto refused = iscsi_.connect(connection, secrets(), in_seconds(120));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::auth);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("CHAP"), Not(HasSubstr("wrong-secret-12"))));
    // The secret was changed in the configuration: the next try takes the new one.
    values_ = {{"chap", "one-way-secret-1"}};
    auto device = iscsi_.connect(connection, secrets(), in_seconds(120));
    EXPECT_TRUE(device.has_value()) << device.error().message;
    EXPECT_TRUE(iscsi_.disconnect(connection, in_seconds(120)).has_value());
}

TEST_F(IscsiLab, OneDeadPortalCostsAPathAndNoMore) {
    const LabVolume &disk = volume(1, 64);
    target_->map(disk, 1);
    const auto connection = iscsi_connection(disk, 1, {"127.0.0.3:3260", kPortals[1]});
    auto device = iscsi_.connect(connection, secrets(), in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    EXPECT_THAT(find_map(HostAccess{}, disk.wwid()).value().paths, SizeIs(1));
    auto gone = iscsi_.disconnect(connection, in_seconds(120));
    EXPECT_TRUE(gone.has_value()) << gone.error().message;
    (void)try_run("/usr/sbin/iscsiadm", {"-m", "node", "-T", LioTarget::kIqn, "-o", "delete"});
}

TEST_F(IscsiLab, AnotherVolumeAtTheLunIsLeftAlone) {
    const LabVolume &wanted = volume(1, 64);
    const LabVolume &other = volume(2, 64);
    target_->map(other, 1);
    auto connection = iscsi_connection(wanted, 1, kPortals);
    auto device = iscsi_.connect(connection, secrets(), in_seconds(40));
    ASSERT_FALSE(device.has_value());
    EXPECT_EQ(device.error().code, Code::conflict);
    EXPECT_THAT(device.error().message, HasSubstr(other.wwid()));
    connection.wwid = other.wwid();
    EXPECT_TRUE(iscsi_.disconnect(connection, in_seconds(120)).has_value());
}

TEST_F(IscsiLab, ALunThatWasGivenToAnotherVolumeIsFoundOut) {
    const LabVolume &before = volume(1, 64);
    const LabVolume &now = volume(2, 96);
    target_->map(before, 1);
    const auto old = iscsi_connection(before, 1, kPortals);
    ASSERT_TRUE(iscsi_.connect(old, secrets(), in_seconds(120)).has_value());
    // Somebody changed the mapping without this node: the kernel still shows the old volume.
    target_->unmap(1);
    target_->map(now, 1);
    EXPECT_EQ(iscsi_.find(old, in_seconds(30)).error().code, Code::conflict);
    EXPECT_TRUE(iscsi_.drop(old, in_seconds(120)).has_value());
    const auto connection = iscsi_connection(now, 1, kPortals);
    auto device = iscsi_.connect(connection, secrets(), in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    EXPECT_EQ(device->bytes, 96 * kMiB);
    EXPECT_TRUE(iscsi_.disconnect(connection, in_seconds(120)).has_value());
}

TEST_F(IscsiLab, AVolumeInUseIsNotDisconnected) {
    const LabVolume &disk = volume(1, 64);
    target_->map(disk, 1);
    const auto connection = iscsi_connection(disk, 1, kPortals);
    auto device = iscsi_.connect(connection, secrets(), in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    const int holder = ::open(device->path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);
    ASSERT_GE(holder, 0);
    auto busy = iscsi_.disconnect(connection, in_seconds(60));
    ::close(holder);
    ASSERT_FALSE(busy.has_value());
    EXPECT_EQ(busy.error().code, Code::conflict);
    EXPECT_EQ(iscsi_.find(connection, in_seconds(30)).value(), *device);
    EXPECT_TRUE(iscsi_.disconnect(connection, in_seconds(120)).has_value());
}

TEST_F(IscsiLab, AVolumeGrowsOnline) {
    const LabVolume &disk = volume(1, 64);
    target_->map(disk, 1);
    const auto connection = iscsi_connection(disk, 1, kPortals);
    ASSERT_TRUE(iscsi_.connect(connection, secrets(), in_seconds(120)).has_value());
    disk.grow(128);
    auto grown = iscsi_.rescan(connection, 128 * kMiB, in_seconds(120));
    ASSERT_TRUE(grown.has_value()) << grown.error().message;
    EXPECT_EQ(grown->bytes, 128 * kMiB);
    EXPECT_TRUE(iscsi_.disconnect(connection, in_seconds(120)).has_value());
}

TEST_F(IscsiLab, AVolumeThatWasTakenAwayIsDroppedThoughItsMapQueues) {
    const LabVolume &disk = volume(1, 64);
    target_->map(disk, 1);
    const auto connection = iscsi_connection(disk, 1, kPortals);
    auto device = iscsi_.connect(connection, secrets(), in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    target_->unmap(1);
    auto dropped = iscsi_.drop(connection, in_seconds(120));
    ASSERT_TRUE(dropped.has_value()) << dropped.error().message;
    EXPECT_FALSE(find_map(HostAccess{}, disk.wwid()).has_value());
}

TEST_F(IscsiLab, WithoutMultipathdOnePathIsUsedUnlessMapsAreRequired) {
    const LabVolume &disk = volume(1, 64);
    target_->map(disk, 1);
    multipathd_.reset();
    const auto connection = iscsi_connection(disk, 1, kPortals);
    const auto strict = standard_connectors(MultipathPolicy::required);
    auto refused = connector(strict).connect(connection, secrets(), in_seconds(60));
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, HasSubstr("multipathd does not run"));
    auto device = iscsi_.connect(connection, secrets(), in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    EXPECT_THAT(device->path.string(), StartsWith("/dev/sd"));
    EXPECT_THAT(iscsi_sessions(HostAccess{}), SizeIs(1));
    EXPECT_TRUE(iscsi_.disconnect(connection, in_seconds(120)).has_value());
}

} // namespace
} // namespace drover::connect
