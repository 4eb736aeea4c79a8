// Fibre Channel for real: two fc_hosts of one kernel over FCoE (VN2VN on a veth pair), with LIO behind one of
// them. Needs the lab's guest.
#include "core/connect/connectors.hpp"
#include "core/connect/fc.hpp"
#include "core/connect/initiators.hpp"
#include "core/connect/multipath.hpp"
#include "core/connect/sysfs.hpp"
#include "core/connect/testing/lab_node.hpp"
#include "core/connect/uevents.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace drover::connect {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::uint64_t kMiB = 1024UL * 1024;
constexpr const char *kTargetPort = "2000020000000001"; // 20:00:<MAC>
constexpr const char *kOwnPort = "2000020000000002";

std::string colons(const std::string &wwpn) {
    std::string text;
    for (std::size_t i = 0; i < wwpn.size(); i += 2)
        text += (i == 0 ? "" : ":") + wwpn.substr(i, 2);
    return text;
}

bool comes_true(const std::function<bool()> &claim) {
    Uevents events;
    for (const auto limit = in_seconds(60); !claim();) {
        if (limit.has_passed())
            return false;
        events.wait(limit);
    }
    return true;
}

void make_fcoe(const std::string &interface) {
    const auto before = folder_names("/sys/bus/fcoe/devices");
    put("/sys/bus/fcoe/ctlr_create", interface);
    std::string made;
    ASSERT_TRUE(comes_true([&] {
        for (const auto &name : folder_names("/sys/bus/fcoe/devices")) {
            if (name.starts_with("ctlr_") && std::find(before.begin(), before.end(), name) == before.end())
                made = name;
        }
        return !made.empty();
    }));
    put("/sys/bus/fcoe/devices/" + made + "/mode", "vn2vn");
    put("/sys/bus/fcoe/devices/" + made + "/enabled", "1");
}

// The target must know its initiator before that comes up, so all of it is one fixture.
class FcLab : public ::testing::Test {
protected:
    void SetUp() override {
        if (const auto why = not_in_lab({"target_core_mod", "target_core_iblock", "libfc", "libfcoe", "fcoe",
                                         "tcm_fc", "veth", "sd_mod", "sg", "dm_multipath", "dm_service_time",
                                         "loop", "scsi_dh_alua"});
            !why.empty())
            GTEST_SKIP() << why;
        write_multipath_conf("10");
        multipathd_.emplace("multipathd");
        volume_.emplace(1, 64);
        run("/sbin/ip", {"link", "add", "va", "address", "02:00:00:00:00:01", "type", "veth", "peer", "name",
                         "vb", "address", "02:00:00:00:00:02"});
        run("/sbin/ip", {"link", "set", "va", "up"});
        run("/sbin/ip", {"link", "set", "vb", "up"});
        make_fcoe("va");
        ASSERT_TRUE(comes_true([] { return fc_ports(HostAccess{}).size() == 1; }));
        const auto lun = group_ / "lun/lun_5";
        std::filesystem::create_directories(lun);
        std::filesystem::create_symlink(volume_->store(), lun / "store");
        const auto mapped = group_ / "acls" / colons(kOwnPort) / "lun_5";
        std::filesystem::create_directories(mapped);
        std::filesystem::create_symlink(lun, mapped / "port");
        make_fcoe("vb");
        ASSERT_TRUE(comes_true([this] { return !FcTransport(HostAccess{}).nexuses(to_volume()).empty(); }))
            << "the target port did not appear";
    }
    void TearDown() override {
        if (!volume_)
            return;
        for (const char *interface : {"vb", "va"})
            put("/sys/bus/fcoe/ctlr_destroy", interface);
        std::error_code error;
        const auto acl = group_ / "acls" / colons(kOwnPort);
        std::filesystem::remove(acl / "lun_5/port", error);
        (void)try_run("/bin/rmdir", {(acl / "lun_5").string(), acl.string()});
        std::filesystem::remove(group_ / "lun/lun_5/store", error);
        (void)try_run("/bin/rmdir",
                      {(group_ / "lun/lun_5").string(), group_.string(), group_.parent_path().string()});
        (void)try_run("/sbin/ip", {"link", "del", "va"});
    }
    [[nodiscard]] Connection to_volume() const {
        return {.protocol = Protocol::fc, .wwid = volume_->wwid(), .lun = 5, .paths = {{"", kTargetPort}}};
    }

    std::filesystem::path group_ =
        std::filesystem::path("/sys/kernel/config/target/fc") / colons(kTargetPort) / "tpgt_1";
    std::optional<Daemon> multipathd_;
    std::optional<LabVolume> volume_;
    Connectors connectors_ = standard_connectors();
    Connector &fc_ = **connectors_.for_protocol(Protocol::fc);
};

TEST_F(FcLab, AVolumeComesGrowsAndGoes) {
    EXPECT_THAT(initiators(HostAccess{}), Contains(Pair("wwpn", kOwnPort)));
    const auto connection = to_volume();
    // The kernel may have looked for LUNs of a new port by itself.
    ASSERT_TRUE(fc_.disconnect(connection, in_seconds(120)).has_value());
    auto device = fc_.connect(connection, {}, in_seconds(120));
    ASSERT_TRUE(device.has_value()) << device.error().message;
    EXPECT_THAT(device->path.string(), StartsWith("/dev/dm-"));
    EXPECT_EQ(device->wwid, volume_->wwid());
    EXPECT_EQ(device->bytes, 64 * kMiB);
    EXPECT_THAT(scsi_disks(HostAccess{}), SizeIs(1));
    volume_->grow(128);
    auto grown = fc_.rescan(connection, 128 * kMiB, in_seconds(120));
    ASSERT_TRUE(grown.has_value()) << grown.error().message;
    EXPECT_EQ(grown->bytes, 128 * kMiB);
    auto gone = fc_.disconnect(connection, in_seconds(120));
    ASSERT_TRUE(gone.has_value()) << gone.error().message;
    EXPECT_THAT(scsi_disks(HostAccess{}), IsEmpty());
    EXPECT_FALSE(find_map(HostAccess{}, volume_->wwid()).has_value());

    auto unseen = connection;
    unseen.paths = {{"", "2000020000000009"}};
    EXPECT_THAT(fc_.connect(unseen, {}, in_seconds(30)).error().message,
                HasSubstr("2000020000000009 is not seen"));
}

} // namespace
} // namespace drover::connect
