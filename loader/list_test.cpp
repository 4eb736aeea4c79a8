#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace drover {
namespace {

using testing::OpenFixture;
using testing::with;

BackendSettings listing(const std::string &how, const std::string &rows = "5") {
    BackendSettings settings = with("listing", how);
    settings.values.emplace("rows", rows);
    return settings;
}

// The message of the first error when pages of two are read to the end.
std::string refusal(const std::string &how) {
    OpenFixture f(listing(how));
    PageRequest page{.max_entries = 2};
    while (true) {
        auto token = f.driver->list_page(f.call, page, [](BackendVolume &&) { return true; });
        if (!token)
            return token.error().message;
        if (!token->has_value())
            return "ended";
        page.token = **token;
    }
}

TEST(List, ReadsPagesToTheEnd) {
    EXPECT_EQ(refusal("plainly"), "ended");
}

TEST(List, TenThousandRowsArriveOnceEachAndAsTheVisitorsOwn) {
    OpenFixture f(listing("", "10000"));
    std::vector<BackendVolume> rows;
    ASSERT_TRUE(f.driver
                    ->list(f.call,
                           [&](BackendVolume &&row) {
                               rows.push_back(std::move(row));
                               return true;
                           })
                    .has_value());
    ASSERT_EQ(rows.size(), 10000U);
    EXPECT_EQ(rows.back().id, "00000000-0000-4000-8000-000000009999");
    EXPECT_EQ(rows.back().backend_id, "backend-1");
}

TEST(List, StopsWhenTheVisitorHasEnough) {
    for (const char *how : {"", "ignores-stop"}) {
        OpenFixture f(listing(how));
        int seen = 0;
        const auto result = f.driver->list_page(f.call, {}, [&](BackendVolume &&) { return ++seen < 2; });
        ASSERT_TRUE(result.has_value()) << result.error().message;
        EXPECT_EQ(*result, std::nullopt);
        EXPECT_EQ(seen, 2);
    }
}

TEST(List, TokensThatWouldNeverEndAreDriverBugs) {
    EXPECT_EQ(refusal("empty-token"), "driver bug: list gave an empty page token");
    EXPECT_EQ(refusal("same-token"), "driver bug: list gave the page's own token as that of the next page");
    EXPECT_EQ(refusal("two-tokens"), "driver bug: list gave more than one page token");
    EXPECT_EQ(refusal("row-after-token"), "driver bug: list emitted a row after the page token");
    EXPECT_EQ(refusal("bad-row"), "driver bug: list emitted a volume whose \"name\" is not valid UTF-8");
}

TEST(List, AVisitorThatThrowsDoesNotUnwindThroughTheDriver) {
    OpenFixture f;
    const auto result = f.driver->list_page(
        f.call, {}, [](BackendVolume &&) -> bool { throw std::runtime_error("disk full"); });
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().message, "list: a row could not be taken: disk full");
}

// The driver chooses its page size here, so that Driver::list has pages to restart.
TEST(List, StartsAgainOnceWhenATokenWentStale) {
    int seen = 0;
    const auto count = [&](BackendVolume &&) { return ++seen > 0; };
    OpenFixture once(listing("stale-once-of-two"));
    ASSERT_TRUE(once.driver->list(once.call, count).has_value());
    EXPECT_EQ(seen, 2 + 5);

    seen = 0;
    OpenFixture always(listing("always-stale-of-two"));
    const auto result = always.driver->list(always.call, count);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Code::invalid);
    EXPECT_EQ(seen, 2 + 2);
}

TEST(List, OfSnapshotsIsTheSame) {
    OpenFixture f;
    int seen = 0;
    ASSERT_TRUE(
        f.driver->snapshot_list(f.call, "v", [&](BackendVolume &&) { return ++seen > 0; }).has_value());
    EXPECT_EQ(seen, 3);
}

} // namespace
} // namespace drover
