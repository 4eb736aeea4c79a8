#include "conformance/report/json.hpp"
#include "conformance/report/testing/record.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

TEST(JsonReport, HasEverythingUnderStableKeys) {
    RunRecord record;
    record.run = {.driver = "/d/x.so", .abi = "1.0", .seed = 7, .cases = 1};
    record.end = {.duration = std::chrono::nanoseconds(9), .was_stopped = false, .leftovers = {"volume 1"}};
    record.rows = {{{.id = "core.create.emits", .description = "A volume is emitted once."},
                    {.id = "core.create.emits",
                     .outcome = Outcome::fail,
                     .duration = std::chrono::nanoseconds(5),
                     .findings = {{"one", "two", "create"}},
                     .output_tail = "tail"}}};
    EXPECT_EQ(
        to_json_report(record),
        R"({"version":1,"suite":"0.1.0","driver":"/d/x.so","about":{},"abi":"1.0",)"
        R"("started":"1970-01-01T00:00:00Z","seed":7,"stopped":false,"duration_ns":9,)"
        R"("summary":{"passed":0,"failed":1,"skipped":0,"warned":0,"crashed":0,"timed_out":0},)"
        R"("left_on_backend":["volume 1"],)"
        R"("tests":[{"id":"core.create.emits","outcome":"fail","duration_ns":5,)"
        R"("findings":[{"expected":"one","found":"two","op":"create"}],"output_tail":"tail","group":"core",)"
        R"("binding":"mandatory","since":"1.0","description":"A volume is emitted once."}]})"
        "\n");
}

TEST(JsonReport, TellsWhatWasTestedAndWhere) {
    const auto root = boost::json::parse(to_json_report(sample_record())).as_object();
    const auto &about = root.at("about").as_object();
    EXPECT_EQ(about.at("name"), "acme");
    EXPECT_EQ(about.at("abi_minor"), 3);
    EXPECT_EQ(about.at("extensions").as_array().size(), 2U);
    EXPECT_EQ(about.at("sha256"), "0123abcd");
    EXPECT_EQ(root.at("array"), "Acme A200, 6.4.1");
    EXPECT_EQ(root.at("backend"), "fast");
    EXPECT_EQ(root.at("started"), "2026-03-01T12:00:00Z");
}

TEST(JsonReport, HoldsAnyTextFromOutside) {
    EXPECT_TRUE(boost::json::parse(to_json_report(hostile_record())).is_object());
}

TEST(JsonReport, AnEmptyRunIsValidJson) {
    EXPECT_TRUE(boost::json::parse(to_json_report({})).as_object().at("tests").as_array().empty());
}

} // namespace
} // namespace drover::conformance
