#include "conformance/report/json.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

std::string read_back(std::FILE *file) {
    std::string all(static_cast<std::size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    EXPECT_EQ(std::fread(all.data(), 1, all.size(), file), all.size());
    std::fclose(file);
    return all;
}

TEST(JsonReport, HasEverythingUnderStableKeys) {
    std::FILE *file = std::tmpfile();
    JsonReport report(file);
    const Case ran{.id = "core.create.emits", .description = "A volume is emitted once."};
    const std::vector<TestResult> results{{.id = "core.create.emits",
                                           .outcome = Outcome::fail,
                                           .duration = std::chrono::nanoseconds(5),
                                           .findings = {{"one", "two", "create"}},
                                           .output_tail = "tail"}};
    report.begin({.driver = "/d/x.so", .abi = "1.0", .seed = 7, .cases = 1});
    report.add(ran, results[0]);
    report.end({.duration = std::chrono::nanoseconds(9), .was_stopped = false, .leftovers = {"volume 1"}},
               results);
    EXPECT_EQ(
        read_back(file),
        R"({"version":1,"driver":"/d/x.so","abi":"1.0","seed":7,"stopped":false,"duration_ns":9,)"
        R"("summary":{"passed":0,"failed":1,"skipped":0,"warned":0,"crashed":0,"timed_out":0},)"
        R"("left_on_backend":["volume 1"],)"
        R"("tests":[{"id":"core.create.emits","outcome":"fail","duration_ns":5,)"
        R"("findings":[{"expected":"one","found":"two","op":"create"}],"output_tail":"tail","group":"core",)"
        R"("binding":"mandatory","since":"1.0","description":"A volume is emitted once."}]})"
        "\n");
}

TEST(JsonReport, AnEmptyRunIsValidJson) {
    std::FILE *file = std::tmpfile();
    JsonReport report(file);
    report.begin({});
    report.end({}, {});
    EXPECT_TRUE(boost::json::parse(read_back(file)).as_object().at("tests").as_array().empty());
}

} // namespace
} // namespace drover::conformance
