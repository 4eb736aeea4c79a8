// Names keep the case that people gave them and are unique without it: what stands on the array in capitals
// is the same volume, host object or group, and none is made beside it.
#include "every_op.hpp"

#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace flasharray::testing {
namespace {

using drv::rest::testing::ArrayProcess;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::string kId = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c11";
const std::string kMember = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c22";
const std::string kGroup = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c33";
const std::string kSnapshot = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c44";

std::string capitals(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

class FlashArrayOtherCase : public ::testing::Test {
protected:
    std::vector<std::string> names(const char *kind) {
        std::vector<std::string> all;
        const auto state = array.state();
        for (const auto &each : state.at(kind).as_array()) {
            const auto *destroyed = each.as_object().if_contains("destroyed");
            if (destroyed == nullptr || destroyed->is_null())
                all.emplace_back(each.at("name").as_string());
        }
        return all;
    }
    static void must(const Outcome &outcome) { ASSERT_TRUE(outcome.is_ok()) << outcome.message; }

    const std::string volume = capitals("drover-" + kId);
    const std::string member = capitals("drover-" + kMember);
    ArrayProcess array{ARRAY_SIM, "flasharray",
                       seed_of_tests("volumes: [{name: " + volume + ", size: 1M}, {name: " + member +
                                     ", size: 1M}]\nhosts: [{name: DROVER-A}]\npgroups: [{name: " +
                                     capitals("drover-" + kGroup) + ", volumes: [" + member + "]}]\n")};
    OpenedDriver driver{"a", keys_for(array)};
    OpenedDriver other{"b", keys_for(array)};
};

TEST_F(FlashArrayOtherCase, AVolumeIsFoundAndNoneIsMadeBesideIt) {
    const Outcome there = driver.get(kId);
    ASSERT_TRUE(there.is_ok()) << there.message;
    EXPECT_EQ(there.volumes.at(0).id, kId);
    EXPECT_EQ(driver.list().volumes.size(), 2U);
    must(driver.create(kId, kMiB)); // as it is there
    const Outcome larger = driver.create(kId, 2 * kMiB);
    EXPECT_EQ(larger.status, DRV_E_EXISTS);
    EXPECT_THAT(larger.message, HasSubstr(volume));
    EXPECT_THAT(names("volume"), ElementsAre(volume, member));
    must(driver.extend(kId, 2 * kMiB));
    must(driver.snapshot_create(kId, kSnapshot));
    EXPECT_THAT(driver.snapshot_list(kId).volumes, SizeIs(1));
    must(driver.snapshot_destroy(kSnapshot));
    must(driver.destroy(kId));
    EXPECT_EQ(driver.get(kId).status, DRV_E_NOT_FOUND);
    EXPECT_THAT(names("volume"), ElementsAre(member));
    must(driver.create(kId, kMiB)); // the name is free
}

TEST_F(FlashArrayOtherCase, AHostObjectIsTheNodesOwn) {
    must(driver.attach(kId));
    EXPECT_THAT(names("host"), ElementsAre("DROVER-A")) << "it got the initiator; no other was made";
    must(driver.attach(kId));
    EXPECT_THAT(driver.get(kId).volumes.at(0).attached_nodes, ElementsAre("a"));
    EXPECT_THAT(other.get(kId).volumes.at(0).attached_nodes, ElementsAre("a")) << "to those who never saw it";
    EXPECT_EQ(other.attach(kId).status, DRV_E_CONFLICT);
    must(other.fence("a"));
    EXPECT_THAT(driver.get(kId).volumes.at(0).attached_nodes, ElementsAre());
    must(driver.attach(kId));
    must(other.detach(kId, "a"));
    EXPECT_EQ(driver.resolve(kId).status, DRV_E_NOT_FOUND);
}

TEST_F(FlashArrayOtherCase, AGroupIsFoundWithItsVolumes) {
    const Outcome there = driver.group_get(kGroup);
    ASSERT_TRUE(there.is_ok()) << there.message;
    EXPECT_THAT(there.members, ElementsAre(std::vector{kMember}));
    EXPECT_EQ(driver.destroy(kMember).status, DRV_E_CONFLICT) << "it is in a group";
    must(driver.group_create(kGroup, kMember)); // as it is there
    must(driver.group_update(kGroup, kId, kMember));
    EXPECT_THAT(driver.group_get(kGroup).members, ElementsAre(std::vector{kId}));
    EXPECT_THAT(names("pgroup"), SizeIs(1));
    must(driver.group_destroy(kGroup));
    EXPECT_EQ(driver.group_get(kGroup).status, DRV_E_NOT_FOUND);
}

} // namespace
} // namespace flasharray::testing
