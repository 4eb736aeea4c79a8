// What is read from a node's sysfs and files, on a tree that looks like one.
#include "core/connect/fc.hpp"
#include "core/connect/initiators.hpp"
#include "core/connect/iscsi.hpp"
#include "core/connect/multipath.hpp"
#include "core/connect/node_check.hpp"
#include "core/connect/nvme.hpp"
#include "core/connect/testing/made_up_node.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace drover::connect {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MadeUpNode;
using ::testing::Pair;

constexpr const char *kIqn = "iqn.2010-06.com.purestorage:flasharray.1";

Connection iscsi_to(const std::vector<std::string> &portals) {
    Connection connection{.protocol = Protocol::iscsi, .wwid = "624a9370000102030405060708090a0b", .lun = 1};
    for (const auto &portal : portals)
        connection.paths.push_back({.portal = portal, .target = kIqn});
    return connection;
}

TEST(IscsiTreeTest, OnlySessionsToThePortalThatWorkCount) {
    MadeUpNode node;
    node.iscsi_session(1, 3, kIqn, "10.0.0.1");
    node.iscsi_session(2, 4, kIqn, "10.0.0.10");
    node.iscsi_session(3, 5, kIqn, "10.0.0.2", "FAILED");
    node.iscsi_session(4, 6, "iqn.2010-06.com.purestorage:flasharray.11", "10.0.0.1");
    node.iscsi_session(5, 7, kIqn, "10.0.0.1"); // a second session to the same portal
    const IscsiTransport transport(node.host());
    EXPECT_THAT(transport.nexuses(iscsi_to({"10.0.0.1:3260", "10.0.0.2:3260"})),
                ElementsAre(Nexus{3, 0, 0}, Nexus{7, 0, 0}));
}

TEST(IscsiTreeTest, WhoIsKnownByAnotherNameHasSessionsOfItsOwn) {
    constexpr const char *kOther = "iqn.2026-11.io.drover:other";
    MadeUpNode node;
    node.iscsi_session(1, 3, kIqn, "10.0.0.1");
    node.iscsi_session(2, 4, kIqn, "10.0.0.2", "LOGGED_IN", kOther);
    IscsiTransport other(node.host(), kOther);
    EXPECT_THAT(other.nexuses(iscsi_to({"10.0.0.1:3260", "10.0.0.2:3260"})), ElementsAre(Nexus{4, 0, 0}));
    // The one record of open-iscsi for that portal is not taken from its session.
    const auto refused = other.reach(iscsi_to({"10.0.0.1:3260"}), {}, false, Deadline::never());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("iqn.1993-08.org.debian:01:own is logged in there"));
    EXPECT_THAT(node.ran(), IsEmpty());
}

TEST(IscsiTreeTest, ASessionWithDevicesOrUnreadableIsInUse) {
    MadeUpNode node;
    node.iscsi_session(1, 3, kIqn, "10.0.0.1");
    const auto session = iscsi_sessions(node.host()).at(0);
    EXPECT_FALSE(carries_devices(node.host(), session));
    node.folder("sys/devices/platform/host3/session1/target3:0:0/power");
    EXPECT_FALSE(carries_devices(node.host(), session));
    node.folder("sys/devices/platform/host3/session1/target3:0:0/3:0:0:1");
    EXPECT_TRUE(carries_devices(node.host(), session));
    EXPECT_TRUE(carries_devices(node.host(), IscsiSession{.name = "session9"}));
}

TEST(IscsiTreeTest, WhatADriverAnswersIsChecked) {
    MadeUpNode node;
    IscsiTransport transport(node.host());
    EXPECT_TRUE(transport.check(iscsi_to({"10.0.0.1:3260"})).has_value());
    EXPECT_EQ(transport.check(iscsi_to({"10.0.0.1:99999"})).error().code, Code::invalid);
    auto wrong = iscsi_to({"10.0.0.1:3260"});
    wrong.paths[0].target = "iqn.x/../../etc";
    EXPECT_EQ(transport.check(wrong).error().code, Code::invalid);
    auto chap = iscsi_to({"10.0.0.1:3260"});
    chap.auth_user = "u";
    chap.auth_secret_key = "k";
    const auto secret = [](const std::string &) -> Result<SecretText> {
        return SecretText("with blanks in it");
    };
    auto refused = transport.reach(chap, secret, false, Deadline::never());
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr("secret k"), ::testing::Not(HasSubstr("blanks in it"))));
    EXPECT_THAT(node.ran(), IsEmpty());
}

TEST(FcTreeTest, FindsThePortInEitherPlaceOnOnlineHostsOnly) {
    MadeUpNode node;
    node.put("sys/class/fc_host/host3/port_name", "0x2000000000000003\n");
    node.put("sys/class/fc_host/host3/port_state", "Online\n");
    node.put("sys/class/fc_host/host4/port_name", "0x2000000000000004\n");
    node.put("sys/class/fc_host/host4/port_state", "Linkdown\n");
    const std::string remote = "sys/class/fc_remote_ports/rport-";
    for (const char *place : {"3:0-1", "4:0-1"}) {
        node.put(remote + place + "/port_name", "0x524A937000000001\n");
        node.put(remote + place + "/port_state", "Online\n");
        node.put(remote + place + "/scsi_target_id", "5\n");
    }
    node.put(remote + "3:0-2/port_name", "0x524a937000000002\n");
    node.put(remote + "3:0-2/port_state", "Online\n");
    node.put(remote + "3:0-2/scsi_target_id", "-1\n");
    node.put("sys/class/fc_transport/target3:0:7/port_name", "0x524a937000000003\n");
    FcTransport transport(node.host());
    Connection connection{
        .protocol = Protocol::fc,
        .paths = {{"", "524a937000000001"}, {"", "524a937000000002"}, {"", "524a937000000003"}}};
    EXPECT_THAT(transport.nexuses(connection), ElementsAre(Nexus{3, 0, 5}, Nexus{3, 0, 7}));
    EXPECT_THAT(transport.reach(connection, {}, false, Deadline::never()).value().troubles,
                ElementsAre("target port 524a937000000002 is not seen"));
    connection.paths = {{"", "524a937000000009"}};
    EXPECT_THAT(transport.reach(connection, {}, false, Deadline::never()).error().message,
                AllOf(HasSubstr("524a937000000009 is not seen"), HasSubstr("2000000000000003 (online)")));
    EXPECT_THAT(initiators(node.host()),
                ElementsAre(Pair("wwpn", "2000000000000003"), Pair("wwpn", "2000000000000004")));
}

TEST(MultipathTreeTest, AMapIsFoundByItsWwidAndNotByItsHoldersOrName) {
    MadeUpNode node;
    const std::string wwid = "624a9370000102030405060708090a0b";
    node.put("sys/block/dm-0/dm/uuid", "part1-mpath-3" + wwid + "\n");
    node.put("sys/block/dm-1/dm/uuid", "mpath-3" + wwid + "\n");
    node.put("sys/block/dm-1/dm/name", "mpatha\n");
    node.put("sys/block/dm-1/dev", "254:1\n");
    node.put("sys/block/dm-1/size", "2048\n");
    node.folder("sys/block/dm-1/slaves/sda");
    node.folder("sys/block/dm-1/holders/dm-0");
    const auto map = find_map(node.host(), wwid);
    ASSERT_TRUE(map.has_value());
    EXPECT_EQ(map->name, "mpatha");
    EXPECT_EQ(map->kernel, "dm-1");
    EXPECT_EQ(map->bytes, 1024U * 1024);
    EXPECT_THAT(map->paths, ElementsAre("sda"));
    EXPECT_THAT(holders_of(node.host(), "dm-1"), ElementsAre("dm-0 (part1-mpath-3" + wwid + ")"));
    EXPECT_FALSE(find_map(node.host(), "624a9370000102030405060708090a0c").has_value());
}

TEST(MultipathTreeTest, AMapIsUsableWhileOneOfItsPathsIsActive) {
    MadeUpNode node;
    const auto host = node.host(true);
    const Multipath multipath(host, MultipathPolicy::preferred);
    const MultipathMap map{.name = "mpatha"};
    node.answer("multipath_status", "2 0 0 0 1 1 A 0 2 2 8:0 F 1 0 1 8:16 A 0 0 1 \n");
    EXPECT_TRUE(multipath.is_usable(map));
    node.answer("multipath_status", "2 0 0 0 1 1 A 0 2 2 8:0 F 1 0 1 8:16 F 1 0 1 \n");
    EXPECT_FALSE(multipath.is_usable(map));
    node.answer("multipath_status", "there is no such map", 1);
    EXPECT_FALSE(multipath.is_usable(map));
}

TEST(MultipathTreeTest, TheAnswerFailIsAFailure) {
    MadeUpNode node;
    const auto host = node.host(true);
    const Multipath multipath(host, MultipathPolicy::preferred);
    node.answer("multipathd", "fail\n");
    EXPECT_FALSE(multipath.resize({.name = "mpatha"}, Deadline::never()).has_value());
    node.answer("multipathd", "ok\n");
    EXPECT_TRUE(multipath.resize({.name = "mpatha"}, Deadline::never()).has_value());
    EXPECT_THAT(node.ran(), Contains("multipathd resize map mpatha"));
}

TEST(MultipathTreeTest, WhatMultipathdKnowsAndMakesNoMapOf) {
    MadeUpNode node;
    const auto host = node.host(true);
    const Multipath multipath(host, MultipathPolicy::preferred);
    node.answer("multipathd", "sda 3624a9370000102030405060708090a0b\nsdb [orphan]\n\n");
    const auto paths = multipath.paths(Deadline::never());
    ASSERT_TRUE(paths.has_value());
    EXPECT_THAT(*paths, ElementsAre(Pair("sda", "3624a9370000102030405060708090a0b"), Pair("sdb", "")));
}

TEST(NvmeTreeTest, ANamespaceIsFoundByItsUuidUnderItsSubsystem) {
    MadeUpNode node;
    const std::string uuid = "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11";
    for (const auto &[name, nqn] : {std::pair("nvme0n1", "nqn.2010-06.com.purestorage:a"),
                                    std::pair("nvme1n1", "nqn.2010-06.com.purestorage:b")}) {
        node.put(std::string("sys/block/") + name + "/uuid", uuid + "\n");
        node.put(std::string("sys/block/") + name + "/dev",
                 name == std::string("nvme0n1") ? "259:0\n" : "259:1\n");
        node.put(std::string("sys/block/") + name + "/size", "2048\n");
        node.put(std::string("sys/block/") + name + "/device/subsysnqn", std::string(nqn) + "\n");
    }
    node.put("sys/block/nvme0c1n1/uuid", uuid + "\n");
    node.put("sys/class/nvme/nvme1/subsysnqn", "nqn.2010-06.com.purestorage:b\n");
    node.put("sys/class/nvme/nvme1/transport", "tcp\n");
    node.put("sys/class/nvme/nvme1/address", "traddr=10.0.0.1,trsvcid=4420\n");
    node.put("sys/class/nvme/nvme1/state", "live\n");
    NvmeConnector connector(node.host());
    Connection connection{.protocol = Protocol::nvme_tcp,
                          .wwid = uuid,
                          .paths = {{"10.0.0.1:4420", "nqn.2010-06.com.purestorage:b"}}};
    EXPECT_EQ(connector.find(connection, Deadline::never()).value().path, "/dev/nvme1n1");
    node.put("sys/class/nvme/nvme1/state", "connecting\n");
    EXPECT_EQ(connector.find(connection, Deadline::never()).error().code, Code::unreachable);
    connection.wwid = "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a12";
    EXPECT_EQ(connector.find(connection, Deadline::never()).error().code, Code::not_found);
}

const Finding &finding(const std::vector<Finding> &findings, std::string_view check) {
    return *std::ranges::find(findings, check, &Finding::check);
}

TEST(NodeCheckTest, ANodeWithNothingLacksWhatItsBackendsNeed) {
    MadeUpNode node;
    const auto findings =
        check_node(node.host(), MultipathPolicy::required, {Protocol::iscsi}, Deadline::never());
    for (const char *check : {"iscsi.iscsiadm", "iscsi.iscsid", "iscsi.initiator-name", "iscsi.module",
                              "multipath.daemon", "multipath.module"}) {
        EXPECT_EQ(finding(findings, check).level, FindingLevel::error) << check;
        EXPECT_NE(finding(findings, check).cure, "") << check;
    }
    for (const char *check : {"fc.ports", "nvme.cli", "nvme.host-nqn", "nvme.module"})
        EXPECT_EQ(finding(findings, check).level, FindingLevel::note) << check;
}

TEST(NodeCheckTest, TwoInitiatorNamesAreOneTooMany) {
    MadeUpNode node;
    node.put("etc/iscsi/initiatorname.iscsi", "# a comment\nInitiatorName=iqn.a:1\nInitiatorName=iqn.a:2\n");
    const auto findings = check_node(node.host(), MultipathPolicy::off, {Protocol::iscsi}, Deadline::never());
    EXPECT_EQ(finding(findings, "iscsi.initiator-name").level, FindingLevel::error);
    EXPECT_THAT(finding(findings, "iscsi.initiator-name").message, HasSubstr("iqn.a:1, iqn.a:2"));
    EXPECT_EQ(finding(findings, "multipath.daemon").level, FindingLevel::ok);
}

TEST(NodeCheckTest, AGoodNodeIsGood) {
    MadeUpNode node;
    node.put("usr/sbin/iscsiadm", "");
    node.put("usr/lib/udev/scsi_id", "");
    node.put("etc/iscsi/initiatorname.iscsi", "InitiatorName=iqn.1993-08.org.debian:01:abc\n");
    node.put("etc/iscsi/iscsid.conf", "# node.session.auth.chap_algs = SHA3-256\n");
    node.put("proc/net/unix",
             "Num\n0000: 00000002 00000000 00010000 0001 01 1 @ISCSIADM_ABSTRACT_NAMESPACE\n");
    node.folder("sys/module/iscsi_tcp");
    node.folder("sys/module/dm_multipath");
    node.answer("multipathd", "defaults {\n no_path_retry 10\n}\n");
    const auto findings =
        check_node(node.host(true), MultipathPolicy::required, {Protocol::iscsi}, Deadline::never());
    for (const auto &each : findings) {
        EXPECT_TRUE(each.level == FindingLevel::ok || each.level == FindingLevel::note)
            << each.check << ": " << each.message;
    }
    node.answer("multipathd", "defaults {\n no_path_retry \"queue\"\n}\n");
    EXPECT_EQ(
        finding(check_node(node.host(true), MultipathPolicy::required, {Protocol::iscsi}, Deadline::never()),
                "multipath.config")
            .level,
        FindingLevel::warning);
}

} // namespace
} // namespace drover::connect
