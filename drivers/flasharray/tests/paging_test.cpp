// Lists that come in pages: of 10,000 volumes, of an array that gives fewer rows than it is asked for, and of
// one whose pages have no end.
#include "every_op.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace flasharray::testing {
namespace {

using drv::rest::Method;
using drv::rest::testing::ArrayProcess;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

// The simulator numbers what it is told to have many of, with five digits.
std::string numbered(std::size_t number) {
    const std::string digits = std::to_string(number);
    return "0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0" + std::string(5 - digits.size(), '0') + digits;
}

std::string seed_with(std::size_t volumes, const std::string &more = "") {
    return seed_of_tests("volumes:\n- {name: drover-0b9c3f6e-6f8d-4f0b-9a51-2f7f1f0, size: 1G, count: " +
                         std::to_string(volumes) + "}\n- {name: oracle-, size: 1G, count: 5}\n" + more);
}

// The same ids, each once. What is there twice makes the list longer.
void expect_whole(const std::vector<std::string> &ids, std::size_t count) {
    EXPECT_THAT(ids, SizeIs(count));
    EXPECT_THAT(std::set(ids.begin(), ids.end()), SizeIs(count));
    EXPECT_THAT(ids, IsSupersetOf({numbered(1), numbered(count / 2), numbered(count)}));
}

std::vector<std::string> ids_of(const Outcome &outcome) {
    EXPECT_TRUE(outcome.is_ok()) << outcome.message;
    std::vector<std::string> ids;
    ids.reserve(outcome.volumes.size());
    for (const auto &each : outcome.volumes)
        ids.push_back(each.id);
    return ids;
}

std::vector<std::string> ids_page_by_page(OpenedDriver &driver, std::uint64_t most) {
    std::vector<std::string> ids;
    std::string page;
    do {
        const Outcome outcome = driver.list(most, page);
        const auto its = ids_of(outcome);
        EXPECT_LE(its.size(), most);
        ids.insert(ids.end(), its.begin(), its.end());
        page = outcome.next_page;
    } while (!page.empty());
    return ids;
}

TEST(FlashArrayPaging, TenThousandVolumesAreListedInTwelveCalls) {
    constexpr std::size_t kCount = 10'000;
    ArrayProcess array(ARRAY_SIM, "flasharray", seed_with(kCount));
    OpenedDriver::Keys keys = keys_for(array);
    keys.erase("pure_profiles"); // their limits are another list
    OpenedDriver driver("a", keys);
    driver.limit = std::chrono::seconds(30); // takes a second
    expect_whole(ids_of(driver.list()), kCount);
    std::vector<std::string> calls(11, "GET volume"); // ten pages, and the empty one that ends them
    calls.emplace_back("GET host");                   // all connections
    EXPECT_EQ(array.take_calls(), calls);
    expect_whole(ids_page_by_page(driver, 999), kCount);
    EXPECT_EQ(array.take_calls(), calls) << "later pages come from the first one's answer";
    EXPECT_EQ(ids_of(driver.get(numbered(kCount))), std::vector{numbered(kCount)});
    EXPECT_THAT(array.take_calls(), SizeIs(2));
}

class FewRows : public ::testing::TestWithParam<std::size_t> {
protected:
    FewRows() {
        array.control(Method::post, "settings",
                      boost::json::serialize(boost::json::object{{"max_rows", GetParam()}}));
    }
    static constexpr std::size_t kCount = 12;
    ArrayProcess array{ARRAY_SIM, "flasharray",
                       seed_with(kCount,
                                 "hosts:\n- {name: esx-a, iqns: [iqn.a]}\n- {name: esx-b, iqns: [iqn.b]}\n"
                                 "- {name: esx-c, iqns: [iqn.c]}\n- {name: esx-d, iqns: [iqn.d]}\n")};
    OpenedDriver driver{"a", keys_for(array)};
};

TEST_P(FewRows, ListsAreWhole) {
    expect_whole(ids_of(driver.list()), kCount);
    expect_whole(ids_page_by_page(driver, 5), kCount);
    EXPECT_EQ(driver.list_stats().rows, kCount);
    EXPECT_THAT(driver.list_unmanaged().volumes, SizeIs(5));
}

// Where an op looks at everything there is, a page that is missed would make it do the wrong thing.
TEST_P(FewRows, OpsFindWhatTheyLookFor) {
    for (std::size_t number = 1; number <= kCount; ++number) {
        ASSERT_TRUE(driver.attach(numbered(number)).is_ok());
        const std::string group = numbered(10'000 + number);
        ASSERT_TRUE(driver.group_create(group, numbered(number)).is_ok());
    }
    for (const Outcome &all = driver.list(); const auto &each : all.volumes)
        EXPECT_THAT(each.attached_nodes, ElementsAre("a")) << each.id;
    EXPECT_EQ(driver.group_list().rows, kCount);
    OpenedDriver second("a", keys_for(array)); // finds the host object, and makes no other
    EXPECT_TRUE(second.attach(numbered(kCount)).is_ok());
    EXPECT_THAT(array.state().at("host").as_array(), SizeIs(5));
    ASSERT_TRUE(driver.detach(numbered(kCount)).is_ok());
    const Outcome in_group = driver.destroy(numbered(kCount));
    EXPECT_EQ(in_group.status, DRV_E_CONFLICT);
    EXPECT_THAT(in_group.message, HasSubstr("it is in group " + numbered(10'000 + kCount)));
    for (std::size_t number = 0; number < 4; ++number)
        ASSERT_TRUE(driver.snapshot_create(numbered(kCount), numbered(20'000 + number)).is_ok());
    EXPECT_THAT(driver.snapshot_list(numbered(kCount)).volumes, SizeIs(4));
    EXPECT_THAT(driver.snapshot_list("").volumes, SizeIs(4));
    const Outcome fenced = OpenedDriver("b", keys_for(array)).fence("a");
    ASSERT_TRUE(fenced.is_ok()) << fenced.message;
    for (const Outcome &all = driver.list(); const auto &each : all.volumes)
        EXPECT_THAT(each.attached_nodes, ElementsAre()) << each.id;
}

INSTANTIATE_TEST_SUITE_P(FlashArrayPaging, FewRows, ::testing::Values(1, 2, 5),
                         [](const auto &each) { return "AtMost" + std::to_string(each.param); });

TEST(FlashArrayPaging, PagesWithoutAnEndAreAnError) {
    ArrayProcess array(ARRAY_SIM, "flasharray", seed_with(3));
    OpenedDriver driver("a", keys_for(array));
    array.arm(R"({"do": "status", "status": 200, "method": "GET", "path": "/volume$", "times": 0,
                  "headers": {"x-next-token": "again"},
                  "body": [{"name": "drover-0b9c3f6e-6f8d-4f0b-9a51-2f7f1f000001", "size": 1048576,
                            "serial": "9714B5CB91634C4700000001", "created": "2026-01-01T00:00:00Z", "source": null}]})");
    const Outcome outcome = driver.list();
    EXPECT_EQ(outcome.status, DRV_E_INTERNAL);
    EXPECT_THAT(outcome.message, HasSubstr("GET volume was answered with pages without an end"));
    EXPECT_LE(array.disarm(), 3U) << "it need not be asked for ever to see that";
    EXPECT_TRUE(driver.list().is_ok());
}

} // namespace
} // namespace flasharray::testing
