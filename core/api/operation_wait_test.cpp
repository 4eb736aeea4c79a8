#include "core/api/testing/api_test.hpp"

#include <thread>

namespace drover {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class OperationWait : public testing::ApiTest {
protected:
    void SetUp() override {
        service.add("v");
        service.hold("v");
        ask("POST", "/v2/volumes/v/extend", R"({"bytes":1})", {{"Prefer", "respond-async"}});
    }
    void wait_for_watcher() { ASSERT_TRUE(service.wait_for("watch op-1")); }
};

TEST_F(OperationWait, shows_operations_at_once) {
    EXPECT_THAT(get("/v2/operations/op-1"),
                StartsWith(R"(200 {"id":"op-1","kind":"extend","volume":"v","done":false)"));
    EXPECT_THAT(get("/v2/operations"), StartsWith(R"(200 {"operations":[{"id":"op-1")"));
    EXPECT_EQ(get("/v2/operations/op-9"),
              R"(404 {"error":{"code":"not-found","message":"no operation op-9","retryable":false}})");
    EXPECT_EQ(get("/v2/operations/op-9?wait=60").substr(0, 4), "404 ");
}

TEST_F(OperationWait, answers_when_it_ended) {
    std::thread other([this] {
        wait_for_watcher();
        service.let_go("v");
    });
    EXPECT_THAT(get("/v2/operations/op-1?wait=60"), HasSubstr(R"("done":true,"permille":1000)"));
    other.join();
    EXPECT_THAT(answer.body, HasSubstr(R"("ended_at":"2026-01-02T03:04:06.500Z","error":null)"));
    // And at once when it has ended before.
    EXPECT_THAT(get("/v2/operations/op-1?wait=60"), HasSubstr(R"("done":true)"));
}

TEST_F(OperationWait, answers_when_it_went_on) {
    std::thread other([this] {
        wait_for_watcher();
        service.progress("v", 250, "copying");
    });
    EXPECT_THAT(get("/v2/operations/op-1?wait=60"), HasSubstr(R"("permille":250,"stage":"copying")"));
    other.join();
    // What the caller has not seen is told at once.
    EXPECT_THAT(get("/v2/operations/op-1?wait=60&permille=250&stage=formatting"), StartsWith("200 "));
    EXPECT_THAT(get("/v2/operations/op-1?wait=60&permille=249&stage=copying"), StartsWith("200 "));
    std::thread again([this] {
        while (service.watchers() == 0)
            std::this_thread::yield();
        service.progress("v", 251, "copying");
    });
    EXPECT_THAT(get("/v2/operations/op-1?wait=60&permille=250&stage=copying"),
                HasSubstr(R"("permille":251)"));
    again.join();
}

TEST_F(OperationWait, answers_at_its_time_and_leaves_no_watcher) {
    EXPECT_THAT(get("/v2/operations/op-1?wait=1"), HasSubstr(R"("done":false)"));
    EXPECT_EQ(service.watchers(), 0U);
}

TEST_F(OperationWait, shows_why_it_failed) {
    service.fail_next("extend", {.code = Code::unsupported, .message = "it cannot grow"});
    std::thread other([this] {
        wait_for_watcher();
        service.let_go("v");
    });
    EXPECT_THAT(get("/v2/operations/op-1?wait=60"),
                HasSubstr(R"("error":{"code":"unsupported","message":"it cannot grow","retryable":false})"));
    other.join();
}

TEST_F(OperationWait, refuses_numbers_that_are_none) {
    for (const char *query :
         {"wait=61", "wait=-1", "wait=", "wait=1.5", "wait=x", "permille=1001", "permille=99999999999"}) {
        EXPECT_THAT(get(std::string("/v2/operations/op-1?") + query),
                    HasSubstr("must be a whole number from 0 to"))
            << query;
    }
}

} // namespace
} // namespace drover
