#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <future>
#include <thread>

namespace drover {
namespace {

using ::testing::HasSubstr;
using testing::OpenFixture;
using testing::with;

// An op that is inside the driver and stays there until the object goes. The fixture driver reports progress
// when it begins to block.
class BlockedOp {
public:
    explicit BlockedOp(const std::function<void(const CallContext &)> &op) {
        call_.cancel = &source_;
        call_.progress = &progress_;
        thread_ = std::jthread([this, op] { op(call_); });
        entered_.get_future().wait();
    }
    ~BlockedOp() { source_.cancel(); }

private:
    CancelSource source_;
    std::promise<void> entered_;
    const ProgressFn progress_ = [this](unsigned, std::string_view) { entered_.set_value(); };
    CallContext call_;
    std::jthread thread_;
};

CallContext within(std::chrono::milliseconds duration) {
    CallContext call;
    call.deadline = Deadline::after(duration);
    return call;
}

constexpr std::chrono::milliseconds kShort{20};

TEST(MutationLock, HoldsBackOnlyChangesOfTheSameVolume) {
    OpenFixture f;
    const BlockedOp create([&](const CallContext &call) { (void)f.driver->create(call, {.id = "block"}); });
    const auto refused = f.driver->destroy(within(kShort), "block");
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::deadline);
    EXPECT_THAT(refused.error().message,
                HasSubstr("destroy on volume block did not begin: create on the same volume"));
    EXPECT_FALSE(f.driver->extend(within(kShort), "block", 1).has_value());
    EXPECT_FALSE(f.driver->attach(within(kShort), {.volume_id = "block"}).has_value());
    EXPECT_FALSE(f.driver->detach(within(kShort), {.volume_id = "block"}).has_value());

    EXPECT_TRUE(f.driver->destroy(f.call, "other").has_value());
    EXPECT_TRUE(f.driver->probe(f.call).has_value());
    EXPECT_TRUE(f.driver->resolve(f.call, {.volume_id = "block", .node = {.id = "n"}}).has_value());
    EXPECT_TRUE(f.driver->list(f.call, [](BackendVolume &&) { return true; }).has_value());
}

TEST(MutationLock, AWaiterGetsItsTurn) {
    OpenFixture f;
    std::future<Result<void>> waiter;
    {
        const BlockedOp create(
            [&](const CallContext &call) { (void)f.driver->create(call, {.id = "blocked"}); });
        waiter = std::async(std::launch::async,
                            [&] { return f.driver->extend(f.call, "blocked", 1).map([](auto &&) {}); });
    }
    EXPECT_TRUE(waiter.get().has_value());
}

TEST(MutationLock, OfACloneIsThatOfTheNewVolume) {
    OpenFixture f;
    const BlockedOp clone(
        [&](const CallContext &call) { (void)f.driver->snapshot_clone(call, "snap", {.id = "block"}); });
    EXPECT_TRUE(f.driver->snapshot_destroy(f.call, "snap").has_value());
    EXPECT_FALSE(f.driver->destroy(within(kShort), "block").has_value());
}

TEST(MutationLock, OfASnapshotIsThatOfItsVolumeAndItsOwn) {
    OpenFixture f;
    const BlockedOp create([&](const CallContext &call) {
        (void)f.driver->snapshot_create(call, {.volume_id = "v", .snapshot_id = "block"});
    });
    EXPECT_FALSE(f.driver->destroy(within(kShort), "v").has_value());
    EXPECT_FALSE(f.driver->snapshot_destroy(within(kShort), "block").has_value());
    EXPECT_FALSE(f.driver->snapshot_revert(within(kShort), "snap-of-v").has_value());
    EXPECT_TRUE(f.driver->snapshot_revert(f.call, "of-an-unknown-volume").has_value());
    EXPECT_TRUE(f.driver->snapshot_revert(f.call, "snap-of-w").has_value());
}

TEST(SerialLock, LetsOneCallIntoTheDriverAtATime) {
    OpenFixture f(with("address", "x"), "serial");
    {
        std::vector<std::jthread> threads;
        threads.reserve(6);
        for (int t = 0; t < 6; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 100; ++i)
                    EXPECT_TRUE(f.driver->get(f.call, "yield").has_value());
            });
        }
    }
    EXPECT_TRUE(f.driver->probe(f.call).has_value()); // the fixture has seen no two at once
}

TEST(SerialLock, IsWaitedForUntilTheDeadline) {
    OpenFixture f(with("address", "x"), "serial");
    const BlockedOp get([&](const CallContext &call) { (void)f.driver->get(call, "block"); });
    const auto refused = f.driver->probe(within(kShort));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::deadline);
    EXPECT_THAT(
        refused.error().message,
        HasSubstr("probe on backend array-1 (its driver takes one call at a time) did not begin: get on the "
                  "same backend has been running for "));
}

// Two drivers that are open on one backend, as while one takes over from the other.
TEST(MutationLock, IsOneForTwoDriversOfABackend) {
    testing::DriverFolder folder;
    testing::RecordingHost host;
    const auto locks = make_volume_locks();
    auto before = testing::try_open(folder, "good", host, {}, {}, locks);
    auto now = testing::try_open(folder, "good", host, {}, {}, locks);
    ASSERT_TRUE(before.has_value() && now.has_value());
    const BlockedOp create([&](const CallContext &call) { (void)(*before)->create(call, {.id = "block"}); });
    const auto refused = (*now)->destroy(within(kShort), "block");
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, HasSubstr("create on the same volume has been running"));
    EXPECT_TRUE((*now)->destroy({}, "other").has_value());
}

} // namespace
} // namespace drover
