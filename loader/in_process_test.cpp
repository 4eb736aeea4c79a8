#include "loader/testing/open_fixture.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using testing::OpenFixture;

struct InProcess : ::testing::Test {
    Error failure(std::string_view id) const {
        auto result = f.driver->get(f.call, id);
        return result ? Error{.message = "succeeded"} : result.error();
    }
    OpenFixture f;
};

TEST_F(InProcess, CopiesArgumentsInAndResultsOut) {
    f.call.request_id = "request-7";
    const auto got = f.driver->get(f.call, "plain");
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(got->id, "plain");
    EXPECT_EQ(got->used_bytes, std::nullopt);
    EXPECT_EQ(got->attributes, (Attributes{{"request", "request-7"}, {"terminated", "yes"}}));

    const std::string backing = "an-id-that-is-not-terminated-and-goes-on";
    EXPECT_EQ(f.driver->get(f.call, std::string_view(backing).substr(0, 5))->attributes.at("terminated"),
              "yes");

    const auto made = f.driver->create(
        f.call, {.id = "new", .name = "people's name", .bytes = 77, .attributes = {{"a", "1"}, {"b", ""}}});
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_EQ(made->name, "people's name");
    EXPECT_EQ(made->bytes, 77U);
    EXPECT_EQ(made->attributes, (Attributes{{"a", "1"}, {"b", ""}}));
    EXPECT_TRUE(f.driver->probe(f.call).has_value());
    EXPECT_TRUE(f.driver->destroy(f.call, "new").has_value());
}

TEST_F(InProcess, MapsCapabilities) {
    const auto caps = f.driver->capabilities(f.call);
    ASSERT_TRUE(caps.has_value());
    EXPECT_EQ(caps->protocols, (std::vector<Protocol>{Protocol::local, Protocol::fc}));
    EXPECT_TRUE(caps->thin && caps->zeroed && !caps->multi_attach);
    EXPECT_EQ(caps->granularity_bytes, 4096U);
    EXPECT_EQ(caps->total_bytes, 1000U);
}

TEST_F(InProcess, CarriesTheDriversFailure) {
    const Error missing = failure("missing");
    EXPECT_EQ(missing.code, Code::not_found);
    EXPECT_EQ(missing.message, "no volume \"missing\" on the array");
    EXPECT_EQ(missing.vendor_code, "ERR-404");
    EXPECT_EQ(failure("silent").message,
              "get: there is no such object on the backend (the driver gave no details)");
    EXPECT_EQ(failure("two-fails").message, "second");
    const Error mismatch = failure("mismatch");
    EXPECT_EQ(mismatch.code, Code::no_space);
    EXPECT_EQ(mismatch.message, "the pool is full");
    EXPECT_TRUE(mismatch.retryable && mismatch.state_unknown);
    EXPECT_EQ(failure("dirty-text").message, "line one line \xEF\xBF\xBD two");
    EXPECT_EQ(failure("ok-after-fail").message, "succeeded");
}

TEST_F(InProcess, CodesOutsideTheContractAreInternal) {
    for (const char *id : {"unknown-code", "negative-code", "stopped", "fail-with-ok", "null-failure"})
        EXPECT_EQ(failure(id).code, Code::internal) << id;
}

TEST_F(InProcess, GarbageIsADriverBugAndNotACrash) {
    const std::pair<const char *, const char *> cases[] = {
        {"nothing", "answered OK without emitting the volume"},
        {"twice", "emitted more than one volume"},
        {"null-record", "emitted a NULL volume"},
        {"short-record", "emitted a volume whose \"struct_size\" is 16 (at least 168)"},
        {"null-text", "emitted a volume whose \"backend_id\" has 5 bytes but no data pointer"},
        {"huge-text", "emitted a volume whose \"name\" is 1099511627776 bytes long (at most 255)"},
        {"bad-utf8", "emitted a volume whose \"pool\" is not valid UTF-8"},
        {"no-backend-id", "emitted a volume whose \"backend_id\" is empty"},
        {"null-attrs", "emitted a volume whose \"attrs\" has 2 entries but no data pointer"},
        {"huge-nodes", "emitted a volume whose \"attached_nodes\" has 1099511627776 entries (at most 4096)"},
        {"wrong-id", "was asked about \"wrong-id\" and emitted \"somebody-else\""},
        {"token", "gave a page token, but is no listing"},
    };
    for (const auto &[id, message] : cases) {
        const Error error = failure(id);
        EXPECT_EQ(error.code, Code::internal) << id;
        EXPECT_EQ(error.message, "driver bug: get " + std::string(message)) << id;
        EXPECT_FALSE(error.state_unknown) << id; // get changes nothing
    }
    EXPECT_EQ(f.driver->get(f.call, "weird-state")->state, VolumeState::faulted);
}

TEST_F(InProcess, AChangeThatEndedWithoutAWordIsInDoubt) {
    for (const char *id : {"nothing", "silent-internal"}) {
        const auto result = f.driver->create(f.call, {.id = id});
        ASSERT_FALSE(result.has_value());
        EXPECT_TRUE(result.error().state_unknown) << id;
    }
}

TEST_F(InProcess, ConnectionsMustBeProvable) {
    const auto attach = [&](const char *node) {
        return f.driver->attach(f.call,
                                {.volume_id = "v", .node = {.id = node, .initiators = {{"iqn", "iqn.me"}}}});
    };
    const auto good = attach("node");
    ASSERT_TRUE(good.has_value()) << good.error().message;
    EXPECT_EQ(good->lun, 7U);
    EXPECT_EQ(good->paths, (std::vector<Path>{{"10.0.0.1:3260", "iqn.a"}, {"10.0.0.2:3260", "iqn.b"}}));
    EXPECT_EQ(attach("empty-wwid").error().message,
              "driver bug: attach emitted a connection whose \"wwid\" is empty");
    EXPECT_EQ(attach("null-portals").error().message,
              "driver bug: attach emitted a connection whose \"portals\" has 2 entries but no data pointer");
    EXPECT_EQ(attach("two-connections").error().message,
              "driver bug: attach emitted more than one connection");
    EXPECT_EQ(attach("no-connection").error().message,
              "driver bug: attach answered OK without emitting the connection");
    EXPECT_EQ(attach("unknown-protocol").error().code, Code::unsupported);
    EXPECT_EQ(f.driver->resolve(f.call, {.volume_id = "v", .node = {.id = "node"}})->wwid, "naa.1");
    EXPECT_TRUE(f.driver->detach(f.call, {.volume_id = "v", .node = {.id = "node"}}).has_value());
}

TEST_F(InProcess, ACallThatComesTooLateNeverReachesTheDriver) {
    f.call.deadline = Deadline::after(std::chrono::milliseconds(-1));
    const auto late = f.driver->create(f.call, {.id = "nothing"});
    EXPECT_EQ(late.error().code, Code::deadline);
    EXPECT_EQ(late.error().message, "create did not begin: its deadline had passed already");
    EXPECT_FALSE(late.error().state_unknown);
    CancelSource source;
    source.cancel();
    CallContext cancelled;
    cancelled.cancel = &source;
    EXPECT_EQ(f.driver->get(cancelled, "x").error().message, "get did not begin: it was cancelled before");
}

TEST_F(InProcess, ADriverThatWatchesItsCallEndsAtTheDeadline) {
    f.call.deadline = Deadline::after(std::chrono::milliseconds(30));
    EXPECT_EQ(f.driver->get(f.call, "block").error().code, Code::cancelled);
}

TEST_F(InProcess, CountsCallsAndFailures) {
    static_cast<void>(f.driver->get(f.call, "plain"));
    static_cast<void>(f.driver->get(f.call, "missing"));
    for (const OpMetrics &row : f.driver->metrics()) {
        EXPECT_EQ(row.calls, row.op == "get" ? 2U : 0U) << row.op;
        EXPECT_EQ(row.failures, row.op == "get" ? 1U : 0U) << row.op;
        EXPECT_EQ(row.in_flight, 0U);
    }
}

TEST(InProcessLog, SecretsAreInNeitherErrorsNorLines) {
    BackendSettings settings;
    settings.secrets.emplace("password", "hunter22");
    OpenFixture f(settings, "good", LogLevel::debug);
    f.call.request_id = "r1";
    EXPECT_EQ(f.driver->get(f.call, "leaky").error().message, "login with *** was refused");
    const auto lines = f.host.messages();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], "login with *** was refused");
    EXPECT_THAT(lines[1],
                ::testing::MatchesRegex("get \\[r1\\] auth, [0-9.]+ us: login with \\*\\*\\* was refused"));
}

#ifndef DROVER_TEST_ISOLATED // there it costs its own process; see isolated/death_test.cpp
TEST(InProcessDeathTest, AnExceptionThatLeavesADriverEndsTheProcess) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    OpenFixture f({}, "throws");
    const auto leave = [&] { // the dying process cannot tidy up behind itself
        std::filesystem::remove_all(f.folder.path());
        static_cast<void>(f.driver->probe(f.call));
    };
    EXPECT_DEATH(leave(), "a driver must not throw");
}
#endif

} // namespace
} // namespace drover
