#include "conformance/suite/outcome_json.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

TestResult full() {
    return {.id = "core.create.emits",
            .outcome = Outcome::fail,
            .duration = std::chrono::milliseconds(12),
            .reason = "signal 11",
            .op = "create of 1",
            .findings = {{"one volume", "two \"volumes\"", "create"}, {"text", "none", ""}},
            .warnings = {"slow"},
            .output_tail = "line\nline"};
}

TEST(OutcomeJson, EverythingComesBack) {
    const auto back = result_from_json(boost::json::serialize(to_json(full())));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, full());
}

TEST(OutcomeJson, BytesThatAreNoTextDoNotBreakTheReport) {
    TestResult result = full();
    result.findings = {{"id", "\xFF\xC3\x28 \xED\xA0\x80 ok \xE2\x82\xAC", "get"}};
    result.output_tail = std::string("a\0b\x1B[31m\xF0\x9F", 9);
    const auto back = result_from_json(boost::json::serialize(to_json(result)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_NE(back->findings[0].found.find("ok \xE2\x82\xAC"), std::string::npos);
    EXPECT_EQ(back->output_tail.find('\x1B'), std::string::npos);
}

TEST(OutcomeJson, WhatATestWroteIsNotBelieved) {
    for (const char *text :
         {"", "{", "[]", "null", R"({"id": "a.b"})", R"({"id": 1, "outcome": "pass", "duration_ns": 1})",
          R"({"id": "a", "outcome": "great", "duration_ns": 1})",
          R"({"id": "a", "outcome": "pass", "duration_ns": "x"})",
          R"({"id": "a", "outcome": "pass", "duration_ns": 1, "findings": [1]})",
          R"({"id": "a", "outcome": "pass", "duration_ns": 1} x)"})
        EXPECT_FALSE(result_from_json(text)) << text;
}

} // namespace
} // namespace drover::conformance
