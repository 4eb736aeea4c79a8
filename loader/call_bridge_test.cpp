#include "loader/call_bridge.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <poll.h>
#include <vector>

namespace drover {
namespace {

using ::testing::HasSubstr;

drv_str text(std::string_view value) {
    return {value.data(), value.size()};
}

drv_status say(const CallBridge &bridge, drv_status code, std::string_view message, std::uint64_t flags = 0) {
    drv_failure failure{};
    failure.struct_size = sizeof failure;
    failure.code = code;
    failure.flags = flags;
    failure.retry_after_ns = 5;
    failure.message = text(message);
    failure.vendor_code = text("E1");
    return bridge.get()->ops->fail(bridge.get(), &failure);
}

bool readable_within(int fd, int ms) {
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, ms) == 1;
}

TEST(CallBridge, HandsOverDeadlineAndTerminatedRequestId) {
    const std::string backing = "request-1 and more";
    CallContext context;
    context.request_id = std::string_view(backing).substr(0, 9);
    const CallBridge never(context, "get");
    EXPECT_EQ(never.get()->deadline_ns, UINT64_MAX);
    EXPECT_STREQ(never.get()->request_id.data, "request-1");
    EXPECT_EQ(never.get()->struct_size, sizeof(drv_call));

    const std::string longer(300, 'x');
    context.request_id = longer;
    context.deadline = Deadline::at(Deadline::Clock::time_point(std::chrono::nanoseconds(1234)));
    const CallBridge soon(context, "get");
    EXPECT_EQ(soon.get()->deadline_ns, 1234U);
    EXPECT_STREQ(soon.get()->request_id.data, longer.c_str());
}

TEST(CallBridge, TheLastFailureCountsAndTheReturnedCode) {
    const CallContext context;
    CallBridge bridge(context, "create");
    EXPECT_EQ(say(bridge, DRV_E_AUTH, "first"), DRV_E_AUTH);
    EXPECT_EQ(say(bridge, DRV_E_NO_SPACE, "second", DRV_FAIL_RETRYABLE | DRV_FAIL_STATE_UNKNOWN),
              DRV_E_NO_SPACE);
    const Error error = bridge.error(DRV_E_CONFLICT);
    EXPECT_EQ(error.code, Code::conflict);
    EXPECT_EQ(error.message, "second");
    EXPECT_EQ(error.vendor_code, "E1");
    EXPECT_TRUE(error.retryable);
    EXPECT_TRUE(error.state_unknown);
    EXPECT_EQ(error.retry_after.count(), 5);
    EXPECT_EQ(bridge.last_failure_code(), DRV_E_NO_SPACE);
    EXPECT_TRUE(bridge.result(DRV_OK).has_value());
}

TEST(CallBridge, AFailureWithoutWordsGetsTheCodesOwn) {
    const CallContext context;
    CallBridge bridge(context, "destroy");
    EXPECT_EQ(bridge.error(DRV_E_CONFLICT).message,
              "destroy: the object's present state does not allow it (the driver gave no details)");
    EXPECT_EQ(bridge.error(77).message,
              "destroy: an internal error in the driver (the driver gave no details; it "
              "returned 77, which is no known code)");
    EXPECT_THAT(bridge.error(DRV_E_STOPPED).message, HasSubstr("driver bug"));
    EXPECT_EQ(bridge.error(DRV_E_STOPPED).code, Code::internal);
}

TEST(CallBridge, AFailureThatIsNoneDoesNotBecomeSuccess) {
    const CallContext context;
    CallBridge bridge(context, "get");
    EXPECT_EQ(say(bridge, DRV_OK, "all is well"), DRV_E_INTERNAL);
    EXPECT_EQ(bridge.get()->ops->fail(bridge.get(), nullptr), DRV_E_INTERNAL);
    EXPECT_THAT(bridge.error(DRV_E_INTERNAL).message, HasSubstr("without a usable record"));
}

TEST(CallBridge, IsCancelledByTheSourceAndByTheDeadline) {
    CancelSource source;
    CallContext context;
    context.cancel = &source;
    context.deadline = Deadline::after(std::chrono::hours(1));
    CallBridge bridge(context, "get");
    const drv_call *call = bridge.get();
    EXPECT_EQ(call->ops->cancelled(call), 0U);
    const int fd = call->ops->cancel_fd(call);
    ASSERT_GE(fd, 0);
    EXPECT_EQ(call->ops->cancel_fd(call), fd);
    EXPECT_FALSE(readable_within(fd, 0));
    source.cancel();
    EXPECT_EQ(call->ops->cancelled(call), 1U);
    EXPECT_TRUE(readable_within(fd, 0));

    CancelSource quiet;
    context.cancel = &quiet;
    for (const auto after : {std::chrono::milliseconds(-5), std::chrono::milliseconds(20)}) {
        context.deadline = Deadline::after(after);
        CallBridge late(context, "get");
        EXPECT_TRUE(readable_within(late.get()->ops->cancel_fd(late.get()), 60000));
        EXPECT_EQ(late.get()->ops->cancelled(late.get()), 1U);
    }
}

TEST(CallBridge, HasNoDescriptorWhenNothingCanCancelIt) {
    const CallContext context;
    CallBridge bridge(context, "get");
    EXPECT_EQ(bridge.get()->ops->cancel_fd(bridge.get()), -1);
    EXPECT_EQ(bridge.get()->ops->cancelled(bridge.get()), 0U);
}

TEST(CallBridge, ClosesTheDescriptorsItMade) {
    CancelSource source;
    CallContext context;
    context.cancel = &source;
    context.deadline = Deadline::after(std::chrono::hours(1));
    int fd = -1;
    {
        CallBridge bridge(context, "get");
        fd = bridge.get()->ops->cancel_fd(bridge.get());
        ASSERT_GE(::fcntl(fd, F_GETFD), 0);
    }
    EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
    EXPECT_GE(::fcntl(source.fd(), F_GETFD), 0); // the source's own stays
}

TEST(CallBridge, ThinsProgressOutButKeepsTheFirstAndTheLast) {
    std::vector<unsigned> seen;
    const ProgressFn progress = [&](unsigned permille, std::string_view stage) {
        seen.push_back(permille);
        EXPECT_EQ(stage, "copying");
    };
    CallContext context;
    context.progress = &progress;
    const auto began = std::chrono::steady_clock::now();
    CallBridge bridge(context, "clone");
    for (std::uint32_t i = 1; i <= 5000; ++i)
        bridge.get()->ops->progress(bridge.get(), i, text("copying"));
    ASSERT_TRUE(bridge.result(DRV_OK).has_value());
    const auto intervals = (std::chrono::steady_clock::now() - began) / std::chrono::milliseconds(100);
    EXPECT_EQ(seen.front(), 1U);
    EXPECT_EQ(seen.back(), 1000U); // also clamped
    EXPECT_LE(seen.size(), static_cast<std::size_t>(intervals) + 2);
    EXPECT_EQ(bridge.progress_calls(), 5000U);
    EXPECT_EQ(bridge.last_permille(), 1000U);
    EXPECT_EQ(bridge.last_stage(), "copying");
}

TEST(CallBridge, SurvivesAListenerThatThrows) {
    const ProgressFn progress = [](unsigned, std::string_view) { throw std::runtime_error("no"); };
    CallContext context;
    context.progress = &progress;
    CallBridge bridge(context, "clone");
    bridge.get()->ops->progress(bridge.get(), 1, drv_str{nullptr, 3});
    EXPECT_EQ(bridge.last_stage(), "(unreadable text)");
}

} // namespace
} // namespace drover
