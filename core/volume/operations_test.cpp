#include "core/volume/operations.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Operations, ProgressAndTheEndAreSeen) {
    Operations operations;
    const std::string id = operations.begin("clone", "v");
    EXPECT_EQ(operations.running_on("v"), "clone");
    operations.progress(id, 250, "copying");
    EXPECT_EQ(operations.running_on("v"), "clone: copying");
    auto view = operations.get(id);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->permille, 250U);
    EXPECT_FALSE(view->done);
    operations.end(id, nullptr, "result");
    view = operations.get(id);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->done);
    EXPECT_EQ(view->permille, 1000U);
    EXPECT_EQ(view->result_id, "result");
    EXPECT_FALSE(view->error);
    EXPECT_EQ(operations.running_on("v"), "");
}

TEST(Operations, AWatcherIsCalledOnceByTheNextChange) {
    Operations operations;
    const std::string id = operations.begin("clone", "v");
    int called = 0;
    operations.watch(id, 0, "", [&] { ++called; });
    EXPECT_EQ(called, 0);
    operations.progress(id, 1, "copying");
    operations.progress(id, 2, "copying");
    EXPECT_EQ(called, 1);
    operations.watch(id, 1, "copying", [&] { ++called; }); // it is further already
    EXPECT_EQ(called, 2);
    const auto token = operations.watch(id, 2, "copying", [&] { ++called; });
    operations.stop_watching(token);
    operations.watch(id, 2, "copying", [&] { ++called; });
    const Error error{.code = Code::no_space, .message = "full"};
    operations.end(id, &error, {});
    EXPECT_EQ(called, 3);
    operations.watch("op-none", 0, "", [&] { ++called; });
    EXPECT_EQ(called, 4);
}

TEST(Operations, OnlyTheLastEndedOnesAreRemembered) {
    Operations operations;
    const std::string first = operations.begin("create", "v");
    operations.end(first, nullptr, {});
    for (std::size_t i = 0; i < Operations::kRemembered; ++i)
        operations.end(operations.begin("create", "v"), nullptr, {});
    const auto forgotten = operations.get(first);
    ASSERT_FALSE(forgotten);
    EXPECT_EQ(forgotten.error().code, Code::not_found);
    EXPECT_EQ(operations.list().size(), Operations::kRemembered);
}

} // namespace
} // namespace drover
