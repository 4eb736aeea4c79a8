// How many requests each op makes of the array, by the array's own journal: none that could be left out.
#include "every_op.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace flasharray::testing {
namespace {

using drv::rest::testing::ArrayProcess;
using ::testing::ElementsAre;

const std::string kId = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c11";
const std::string kFirst = "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0e9c22";
const std::string kVolume = "volume/drover-" + kId;
const std::string kConnections = kVolume + "/host";
// So that no list is empty, which would hide the page behind it.
constexpr const char *kOthers = "volumes: [{name: oracle, size: 1G}]\n"
                                "hosts: [{name: esx, iqns: [iqn.2026-01.test:esx]}]\n"
                                "pgroups: [{name: gold, volumes: [oracle]}]\n";

// The life of another volume goes before: it logs in, makes the host object and learns the ports.
void live(OpenedDriver &driver, const std::string &id) {
    for (const Outcome &each :
         {driver.create(id, kMiB), driver.attach(id), driver.detach(id), driver.destroy(id)})
        ASSERT_TRUE(each.is_ok()) << each.message;
}

TEST(FlashArrayCalls, TheLifeOfAVolumeHasNoneInVain) {
    ArrayProcess array(ARRAY_SIM, "flasharray", seed_of_tests(kOthers));
    OpenedDriver::Keys keys = keys_for(array);
    keys.erase("pure_profiles");
    OpenedDriver driver("a", keys);
    live(driver, kFirst);
    array.take_calls();
    // Is it there? Make it. What was made?
    ASSERT_TRUE(driver.create(kId, kMiB).is_ok());
    EXPECT_THAT(array.take_calls(), ElementsAre("GET volume", "POST " + kVolume, "GET " + kVolume));
    // Who has it? Connect. Who has it now, and with which LUN?
    ASSERT_TRUE(driver.attach(kId).is_ok());
    EXPECT_THAT(array.take_calls(),
                ElementsAre("GET " + kConnections, "POST host/drover-a/" + kVolume, "GET " + kConnections));
    ASSERT_TRUE(driver.detach(kId).is_ok());
    EXPECT_THAT(array.take_calls(),
                ElementsAre("GET " + kConnections, "DELETE host/drover-a/" + kVolume, "GET " + kConnections));
    // Which names has it? Is it connected, has it snapshots, is it in a group? Its name is made free; it is
    // destroyed, looked for, and eradicated, as the configuration wants.
    ASSERT_TRUE(driver.destroy(kId).is_ok());
    std::vector<std::string> calls = array.take_calls();
    ASSERT_EQ(calls.size(), 8U) << ::testing::PrintToString(calls);
    const std::string grave = calls.back().substr(std::string_view("DELETE ").size());
    EXPECT_THAT(calls, ElementsAre("GET volume", "GET " + kConnections, "GET " + kVolume, "GET pgroup",
                                   "PUT " + kVolume, "DELETE " + grave, "GET " + grave, "DELETE " + grave));
}

TEST(FlashArrayCalls, AFirstAttachLooksForHostAndPortsOnce) {
    ArrayProcess array(ARRAY_SIM, "flasharray", seed_of_tests(kOthers));
    OpenedDriver driver("a", keys_for(array));
    ASSERT_TRUE(driver.create(kId, kMiB).is_ok());
    array.take_calls();
    ASSERT_TRUE(driver.attach(kId).is_ok());
    const auto calls = array.take_calls();
    EXPECT_EQ(std::ranges::count(calls, "GET host"), 1) << ::testing::PrintToString(calls);
    EXPECT_EQ(std::ranges::count(calls, "GET port"), 1) << ::testing::PrintToString(calls);
}

} // namespace
} // namespace flasharray::testing
