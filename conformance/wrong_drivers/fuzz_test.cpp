// The fuzz tests, on a driver that is wrong: they find it by themselves, and a seed plays again what it
// played.
#include "conformance/suite/sandbox.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

namespace drover::conformance {
namespace {

using testing::HasSubstr;

// What the test found at that seed; empty: it passed.
std::string found_at(const std::string &seed) {
    std::string name = testing::TempDir() + "fuzz-XXXXXX";
    const std::filesystem::path folder = ::mkdtemp(name.data());
    std::ofstream(folder / "case.yml") << "version: 1\nkeys: {folder: \"{scratch}/fuzz\"}\n";
    const auto end = run_in_sandbox(
        {.program = "/bin/sh",
         .arguments = {
             "-c", R"(exec "$0" "$1" --config "$2" --filter '^fuzz[.]core$' --seed "$3" --json - >&3 3>&-)",
             DROVER_CONFORMANCE, DROVER_WRONG_DRIVER, (folder / "case.yml").native(), seed}});
    std::filesystem::remove_all(folder);
    EXPECT_TRUE(end);
    const auto report = boost::json::parse(end->result);
    const auto &row = report.as_object().at("tests").as_array().at(0).as_object();
    const auto *findings = row.if_contains("findings");
    return findings == nullptr ? std::string()
                               : std::string(findings->as_array().at(0).as_object().at("found").as_string());
}

TEST(Fuzz, FindsWhatIsWrongAndTellsTheStepsBefore) {
    EXPECT_THAT(found_at("1"), HasSubstr("is not attached; the last steps were: "));
}

TEST(Fuzz, ASeedPlaysTheSameStepsAgain) {
    const std::string first = found_at("2");
    EXPECT_NE(first, "");
    EXPECT_EQ(found_at("2"), first);
    EXPECT_NE(found_at("3"), first);
}

} // namespace
} // namespace drover::conformance
