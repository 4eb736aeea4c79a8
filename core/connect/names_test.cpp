// The spellings of identities, portals and ports, and the text of a node record.
#include "core/connect/fc.hpp"
#include "core/connect/node_record.hpp"
#include "core/connect/nvme_subsystem.hpp"
#include "core/connect/portal.hpp"
#include "core/connect/wwid.hpp"

#include <gmock/gmock.h>

namespace drover::connect {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(WwidTest, TakesEveryNaaAndEuiOfTheUnitAndNothingElse) {
    // A T10 text, an NAA of the target port, an NAA 6 and an EUI-64 of the unit.
    const auto page = "\0\x83\0\x36"
                      "\2\1\0\4PURE"
                      "\1\x13\0\x8\x50\1\2\3\4\5\6\7"
                      "\1\3\0\x10\x62\x4a\x93\x70\1\2\3\4\5\6\7\x8\x9\xa\xb\xc"
                      "\1\2\0\x8\x24\xa9\x37\xff\1\2\3\4 trailing"s;
    EXPECT_THAT(ids_of_page83(page), ElementsAre("624a93700102030405060708090a0b0c", "24a937ff01020304"));
}

TEST(WwidTest, ABrokenPageGivesWhatStandsBeforeTheFault) {
    EXPECT_THAT(ids_of_page83("\0\x83\xff\xff\1\3\0\x8\x50\1\2\3\4\5\6\7\1\3\0\xff\x60"s),
                ElementsAre("5001020304050607"));
    EXPECT_THAT(ids_of_page83("\0\x80\0\4abcd"s), IsEmpty());
    EXPECT_THAT(ids_of_page83("\0\x83"s), IsEmpty());
    EXPECT_THAT(ids_of_page83(""), IsEmpty());
}

TEST(WwidTest, KnowsTheSpellingsOfSysfsAndOfMaps) {
    EXPECT_EQ(id_of_sysfs_wwid("naa.624A9370000102030405060708090a0b"), "624a9370000102030405060708090a0b");
    EXPECT_EQ(id_of_sysfs_wwid("t10.ATA     disk"), "");
    EXPECT_EQ(id_of_map_uuid("mpath-3624a9370000102030405060708090a0b"), "624a9370000102030405060708090a0b");
    EXPECT_EQ(id_of_map_uuid("part1-mpath-3624a9370000102030405060708090a0b"), "");
    EXPECT_EQ(id_of_map_uuid("LVM-abc"), "");
    EXPECT_FALSE(is_scsi_wwid("624A9370000102030405060708090a0b"));
    EXPECT_FALSE(is_scsi_wwid(""));
}

TEST(PortalTest, ComparesAddressesAndNotTheirText) {
    EXPECT_EQ(parse_portal("10.0.0.1:3260", 1).value(), make_portal("10.0.0.1", "3260").value());
    EXPECT_NE(parse_portal("10.0.0.1:3260", 1).value(), parse_portal("10.0.0.10:3260", 1).value());
    EXPECT_EQ(parse_portal("[FE80:0:0::0:1]:3260", 1).value().text(), "[fe80::1]:3260");
    EXPECT_EQ(parse_portal("fe80::1", 3260).value().text(), "[fe80::1]:3260");
    EXPECT_EQ(parse_portal("Array.Example", 3260).value().text(), "array.example:3260");
    for (const char *bad :
         {"", ":3260", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:x", "a b:1", "-x:1", "a/b:1"})
        EXPECT_EQ(parse_portal(bad, 3260).error().code, Code::invalid) << bad;
}

TEST(FcNamesTest, AWwpnHasOneSpellingAndZeroIsNone) {
    EXPECT_EQ(normal_wwpn("0x500A098012345678"), "500a098012345678");
    EXPECT_EQ(normal_wwpn("50:0a:09:80:12:34:56:78"), "500a098012345678");
    EXPECT_EQ(normal_wwpn("0x0"), "");
    EXPECT_EQ(normal_wwpn("0x0000000000000000"), "");
    EXPECT_EQ(normal_wwpn("500a09801234567g"), "");
}

TEST(NvmeNamesTest, ReadsAddressesWithCommasBlanksAndMore) {
    const auto portal = make_portal("10.0.0.1", "4420").value();
    EXPECT_EQ(portal_of_address("traddr=10.0.0.1,trsvcid=4420,src_addr=10.0.0.9"), portal);
    EXPECT_EQ(portal_of_address("traddr=10.0.0.1 trsvcid=4420"), portal);
    EXPECT_FALSE(portal_of_address("traddr=10.0.0.1").has_value());
    EXPECT_TRUE(is_nvme_wwid("6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11"));
    EXPECT_TRUE(is_nvme_wwid("6f1c0f2e5d0a4b8e9c380d6a5f0f3a11"));
    EXPECT_FALSE(is_nvme_wwid("6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a1"));
}

constexpr std::string_view kRecord = "# BEGIN RECORD 2.1.8\n"
                                     "node.name = iqn.x\n"
                                     "node.startup = automatic\n"
                                     "node.session.auth.password = theirs\n"
                                     "# END RECORD\n";

NodeSettings chap() {
    return {.chap_user = "u",
            .chap_secret = SecretText("s3cret"),
            .mutual_user = "m",
            .mutual_secret = SecretText("x")};
}

TEST(NodeRecordTest, ANewRecordIsOursAndNeverStartsByItself) {
    const auto text = with_settings(kRecord, chap(), true).reveal();
    EXPECT_TRUE(text.starts_with("# BEGIN RECORD 2.1.8\n")) << text;
    EXPECT_TRUE(text.ends_with("# END RECORD\n")) << text;
    EXPECT_EQ(owner_of_record(text), RecordOwner::made);
    EXPECT_EQ(record_value(text, "node.startup"), "manual");
    EXPECT_EQ(record_value(text, "node.session.scan"), "manual");
    EXPECT_EQ(record_value(text, "node.session.auth.authmethod"), "CHAP");
    EXPECT_EQ(record_value(text, "node.session.auth.password"), "s3cret");
    EXPECT_EQ(record_value(text, "node.session.auth.username_in"), "m");
    EXPECT_THAT(text, Not(HasSubstr("theirs")));
    // Again, with another secret: still ours, and once.
    const auto again =
        with_settings(text, {.chap_user = "u", .chap_secret = SecretText("new")}, false).reveal();
    EXPECT_EQ(owner_of_record(again), RecordOwner::made);
    EXPECT_THAT(again, Not(HasSubstr("s3cret")));
    EXPECT_EQ(record_value(again, "node.session.auth.username_in"), std::nullopt);
}

TEST(NodeRecordTest, ARecordOfSomebodyElseIsLentAndComesBackAsItWas) {
    const auto lent = with_settings(kRecord, chap(), false).reveal();
    EXPECT_EQ(owner_of_record(lent), RecordOwner::lent);
    EXPECT_EQ(record_value(lent, "node.startup"), "manual");
    EXPECT_EQ(as_it_was(lent).reveal(), kRecord);
    const auto again = with_settings(lent, chap(), false).reveal();
    EXPECT_EQ(as_it_was(again).reveal(), kRecord);
    EXPECT_EQ(owner_of_record(kRecord), RecordOwner::nobody);
}

TEST(NodeRecordTest, AnotherInitiatorNameIsOfOneLoginOnly) {
    const auto text = with_settings(kRecord, {.initiator = "iqn.2026-11.io.drover:b"}, true).reveal();
    EXPECT_EQ(record_value(text, "iface.initiatorname"), "iqn.2026-11.io.drover:b");
    EXPECT_EQ(record_value(with_settings(text, {}, false).reveal(), "iface.initiatorname"), std::nullopt);
}

TEST(NodeRecordTest, WithoutChapNothingOfItIsLeft) {
    const auto text = with_settings(kRecord, {}, true).reveal();
    EXPECT_EQ(record_value(text, "node.session.auth.authmethod"), "None");
    EXPECT_EQ(record_value(text, "node.session.auth.password"), std::nullopt);
}

} // namespace
} // namespace drover::connect
