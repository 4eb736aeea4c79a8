#include "drivers/flasharray/names.hpp"
#include "drover/sdk/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

namespace flasharray {
namespace {

constexpr const char *kId = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c11";
constexpr const char *kOther = "ffffffff-ffff-ffff-ffff-ffffffffffff";
constexpr const char *kThird = "00000000-0000-0000-0000-000000000001";
constexpr const char *kClusterId = "9d3c1f00-1111-4222-8333-444455556666";
constexpr const char *kSerial = "9714b5cb91634c470002b2c8";

TEST(FlashArrayNames, AUuidThereAndBackInBase36) {
    for (const char *id : {kId, kOther, kThird, "00000000-0000-0000-0000-000000000000"}) {
        const std::string short_form = to_base36(id);
        EXPECT_EQ(short_form.size(), 25U) << id;
        EXPECT_EQ(from_base36(short_form), id);
    }
    EXPECT_FALSE(from_base36(std::string(25, 'z'))); // more than 128 bits
    EXPECT_FALSE(from_base36(std::string(24, '0')));
    EXPECT_FALSE(from_base36(std::string(24, '0') + "-"));
}

TEST(FlashArrayNames, OnlyUuidsInLowerCaseAreIds) {
    check_uuid(kId, "volume");
    for (const char *id :
         {"", "x", "0B9C3F6E-6F8D-4F0B-9A51-2F7F1F0E9C11", "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c1",
          "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c111", "../../../../../../../../../../../../"}) {
        EXPECT_THROW(check_uuid(id, "volume"), drv::Error) << id;
    }
}

TEST(FlashArrayNames, EveryNameOfAVolumeIsReadBackAndFitsTheArray) {
    for (const char *cluster : {"", kClusterId}) {
        const Names names(cluster);
        const auto read = [&](const std::string &name) {
            EXPECT_LE(name.size(), 63U) << name;
            const auto found = names.read_volume(name);
            EXPECT_TRUE(found) << name;
            EXPECT_EQ(found->id, kId) << name;
            return *found;
        };
        EXPECT_EQ(read(names.volume(kId)).kind, NameKind::volume);
        EXPECT_FALSE(read(names.volume(kId)).is_copy);
        EXPECT_EQ(read(names.unfinished(kId)).kind, NameKind::unfinished);
        EXPECT_EQ(read(names.tombstone(kId, kSerial)).kind, NameKind::tombstone);
        EXPECT_EQ(read(names.copy(kId, kOther)).parent, kOther);
        EXPECT_EQ(read(names.copy(kId, kOther)).kind, NameKind::volume);
        EXPECT_EQ(read(names.second(kId)).parent, "");
        EXPECT_FALSE(read(names.second(kId)).is_copy);
        EXPECT_FALSE(names.read_volume(Names::released(kId, kSerial)));
        EXPECT_LE(Names::released(kId, kSerial).size(), 63U);
    }
}

TEST(FlashArrayNames, TheArrayComparesWithoutCase) {
    const Names names("");
    EXPECT_EQ(names.read_volume("DROVER-0B9C3F6E-6F8D-4F0B-9A51-2F7F1F0E9C11")->id, kId);
    EXPECT_TRUE(is_same_name("Vol1", "vOL1"));
    EXPECT_FALSE(is_same_name("vol1", "vol12"));
}

TEST(FlashArrayNames, VolumesOfTheFlockerDriverAreFoundAgain) {
    const std::string old = std::string("flocker-9d3c1f00-1111-4222-") + kId;
    ASSERT_EQ(old.size(), 63U);
    EXPECT_EQ(Names("").read_volume(old)->id, kId);
    EXPECT_TRUE(Names(kClusterId).read_volume(old)->is_flocker);
    EXPECT_FALSE(Names("11111111-1111-4222-8333-444455556666").read_volume(old));
    EXPECT_TRUE(Names("11111111-1111-4222-8333-444455556666").is_of_other_cluster(old));
    // Renamed by hand: no volume of ours, and no reason to fail.
    EXPECT_FALSE(Names("").read_volume("flocker-9d3c1f00-1111-4222-backup"));
    EXPECT_FALSE(Names("").read_volume(old.substr(0, 62) + "z"));
}

TEST(FlashArrayNames, ClustersDoNotSeeEachOther) {
    const Names one(kClusterId);
    const Names other("11111111-1111-4222-8333-444455556666");
    const Names none("");
    EXPECT_NE(one.volume(kId), other.volume(kId));
    for (const std::string &name : {one.volume(kId), one.copy(kId, kOther)}) {
        EXPECT_FALSE(other.read_volume(name)) << name;
        EXPECT_FALSE(none.read_volume(name)) << name;
        EXPECT_TRUE(other.is_of_other_cluster(name)) << name;
        EXPECT_TRUE(none.is_of_other_cluster(name)) << name;
    }
    EXPECT_TRUE(one.is_of_other_cluster(none.volume(kId)));
    EXPECT_FALSE(one.is_of_other_cluster(one.volume(kId)));
    EXPECT_FALSE(one.is_of_other_cluster("oracle-data"));
}

TEST(FlashArrayNames, SnapshotsTellTheirVolumeIdAndGroup) {
    const Names names(kClusterId);
    const std::string volume = names.copy(kId, kOther);
    SnapshotName read = Names::read_snapshot(Names::snapshot(volume, kThird));
    EXPECT_EQ(read.volume, volume);
    EXPECT_EQ(read.id, kThird);
    EXPECT_EQ(read.group_snapshot, "");
    EXPECT_FALSE(read.is_tombstone);

    const std::string member = Names::group_member(volume, kThird, kOther, kId);
    EXPECT_LE(member.size() - volume.size() - 1, 63U);
    read = Names::read_snapshot(member);
    EXPECT_EQ(read.id, kThird);
    EXPECT_EQ(read.group_snapshot, kOther);
    EXPECT_EQ(read.group_hash, Names::group_hash(kId));
    EXPECT_FALSE(read.is_tombstone);

    const std::string grave =
        Names::group_member_tombstone(volume, kThird, kOther, "9714b5cb91634c4700000001");
    EXPECT_LE(grave.size() - volume.size() - 1, 63U);
    read = Names::read_snapshot(grave);
    EXPECT_TRUE(read.is_tombstone);
    EXPECT_EQ(read.id, kThird);
    EXPECT_EQ(read.group_snapshot, kOther);

    read = Names::read_snapshot(volume + "." + Names::pending_suffix(kOther, kId));
    EXPECT_TRUE(read.is_pending);
    EXPECT_EQ(read.id, "");
    EXPECT_EQ(read.group_snapshot, kOther);

    EXPECT_TRUE(Names::read_snapshot(Names::snapshot_tombstone(volume, kThird, kSerial)).is_tombstone);
    EXPECT_EQ(Names::read_snapshot(Names::released_snapshot(volume, kThird, kSerial)).id, "");
    EXPECT_EQ(Names::read_snapshot(volume + ".daily").id, "");
    EXPECT_TRUE(Names::read_snapshot("hourly.7." + volume).is_of_pgroup);
    EXPECT_EQ(Names::read_snapshot("hourly.7." + volume).volume, volume);
    EXPECT_EQ(Names::read_snapshot("no-dot").volume, "");
}

TEST(FlashArrayNames, AHostIsReadBackToItsNode) {
    for (const char *cluster : {"", kClusterId}) {
        const Names names(cluster);
        for (const std::string node :
             {"web1", "web1.example.com", "Web1", "a-", "-a", "x2e", "node_1", "H", "\xc3\xa4"}) {
            const std::string host = names.host(node);
            EXPECT_EQ(host.find_first_of("._"), std::string::npos) << host;
            EXPECT_NE(host.back(), '-');
            EXPECT_EQ(names.read_host(host), node) << host;
        }
        const std::string longest(255, 'n');
        EXPECT_LE(names.host(longest).size(), 63U);
        EXPECT_NE(names.host(longest), names.host(longest + "n"));
        EXPECT_FALSE(names.read_host(names.host(longest)));
        EXPECT_FALSE(names.read_host("esx1"));
        for (const std::string node : {"web1", "web-x1", "axx", "h"}) {
            std::string host = names.host(node);
            std::ranges::transform(host, host.begin(), [](char c) {
                return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            });
            EXPECT_EQ(names.read_host(host), node) << host;
        }
    }
}

} // namespace
} // namespace flasharray
