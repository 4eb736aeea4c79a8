// Deadlines, cancellation and progress as a driver sees them.
#include "fixture.hpp"

#include <optional>

namespace drv::testing {
namespace {

using CallTest = DriverTest;

TEST_F(CallTest, DeadlineThatHasPassedIsAnsweredWithoutTheMethod) {
    bool ran = false;
    FullDriver::behave = [&](std::string_view, Call &) { ran = true; };
    call.set_deadline_in_the_past();
    EXPECT_EQ(table->ops->destroy(instance, call.get(), to_abi("v"), 0), DRV_E_DEADLINE);
    EXPECT_FALSE(ran);
    EXPECT_EQ(call.flags, std::uint64_t{DRV_FAIL_RETRYABLE}); // and no doubt: nothing was changed
}

TEST_F(CallTest, OpenLooksAtTheDeadlineToo) {
    call.set_deadline_in_the_past();
    drv_instance *other = nullptr;
    EXPECT_EQ(table->open(host.get(), call.get(), &other), DRV_E_DEADLINE);
    EXPECT_EQ(other, nullptr);
}

TEST_F(CallTest, CancelledBeforeItBeganRunsNothing) {
    call.cancel = true;
    EXPECT_EQ(table->ops->probe(instance, call.get()), DRV_E_CANCELLED);
}

TEST_F(CallTest, MethodSeesItsCall) {
    call.set_deadline(std::chrono::hours(1));
    FullDriver::behave = [&](std::string_view, Call &seen) {
        EXPECT_TRUE(seen.has_deadline());
        EXPECT_GT(seen.remaining(), std::chrono::minutes(59));
        EXPECT_EQ(seen.request_id(), "request-1");
        EXPECT_EQ(seen.cancel_fd(), -1);
        EXPECT_FALSE(seen.cancelled());
        seen.progress(5000, "copying");
    };
    EXPECT_EQ(table->ops->probe(instance, call.get()), DRV_OK);
    ASSERT_EQ(call.progress.size(), 1U);
    EXPECT_EQ(call.progress[0].first, 1000U);
    EXPECT_EQ(call.progress[0].second, "copying");
}

TEST_F(CallTest, CancelDuringAWaitEndsIt) {
    FullDriver::behave = [&](std::string_view, Call &seen) {
        call.cancel = true;
        EXPECT_FALSE(seen.wait_for(std::chrono::hours(1)));
        seen.throw_if_cancelled(true);
    };
    EXPECT_EQ(table->ops->destroy(instance, call.get(), to_abi("v"), 0), DRV_E_CANCELLED);
    EXPECT_TRUE((call.flags & DRV_FAIL_STATE_UNKNOWN) != 0);
}

TEST_F(CallTest, DeadlineDuringAWaitIsTold) {
    call.set_deadline(std::chrono::milliseconds(20));
    FullDriver::behave = [](std::string_view, Call &seen) {
        EXPECT_FALSE(seen.wait_for(std::chrono::hours(1)));
        seen.throw_if_cancelled();
    };
    EXPECT_EQ(table->ops->probe(instance, call.get()), DRV_E_DEADLINE);
}

#ifndef NDEBUG
TEST_F(CallTest, UseAfterTheReturnIsHarmlessAndTold) {
    std::optional<Call> kept;
    FullDriver::behave = [&](std::string_view, Call &seen) { kept = seen; };
    ASSERT_EQ(table->ops->probe(instance, call.get()), DRV_OK);
    kept->progress(1, "late");
    EXPECT_TRUE(kept->cancelled());
    EXPECT_TRUE(call.progress.empty());
    EXPECT_NE(host.logged(DRV_LOG_DRIVER_MISBEHAVING).find("after its operation had returned"),
              std::string::npos);
}
#endif

TEST_F(CallTest, CallWithoutItsTableIsRefusedAndTold) {
    drv_call broken = *call.get();
    broken.ops = nullptr;
    EXPECT_EQ(table->ops->probe(instance, &broken), DRV_E_INTERNAL);
    EXPECT_EQ(table->ops->probe(instance, nullptr), DRV_E_INTERNAL);
    EXPECT_NE(host.logged(DRV_LOG_HOST_MISBEHAVING), "");
}

} // namespace
} // namespace drv::testing
