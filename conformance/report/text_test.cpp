#include "conformance/report/text.hpp"

#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

const Case kCreate{.id = "core.create.emits", .description = "A volume is emitted once."};
const Case kLoad{.id = "load.scan-time", .binding = Binding::quality, .description = "Loading is quick."};
const Case kList{.id = "core.list.all", .description = "Every volume is listed."};

std::string report(TextReport::Style style, const std::vector<std::pair<Case, TestResult>> &rows,
                   const RunEnd &end = {}) {
    std::FILE *file = std::tmpfile();
    TextReport text(file, style);
    text.begin({.driver = "/d/x.so", .abi = "1.0", .seed = 7, .cases = rows.size()});
    std::vector<TestResult> results;
    for (const auto &[ran, result] : rows) {
        text.add(ran, result);
        results.push_back(result);
    }
    text.end(end, tally(results));
    std::string all(static_cast<std::size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    EXPECT_EQ(std::fread(all.data(), 1, all.size(), file), all.size());
    std::fclose(file);
    return all;
}

TEST(TextReport, ReadsAsPeopleExpect) {
    const std::vector<std::pair<Case, TestResult>> rows{
        {kLoad,
         {.id = "load.scan-time",
          .outcome = Outcome::warn,
          .warnings = {"expected: less than 100 ms; found: 250 ms"}}},
        {kCreate,
         {.id = "core.create.emits",
          .outcome = Outcome::fail,
          .findings = {{"one volume", "none", "create"}},
          .output_tail = "driver log: a\ndriver log: b\n"}},
        {kList,
         {.id = "core.list.all",
          .outcome = Outcome::crash,
          .reason = "signal 11 (Segmentation fault)",
          .op = "list"}},
        {kList,
         {.id = "core.list.all", .outcome = Outcome::skip, .reason = "too slow here (by the case file)"}},
        {kList, {.id = "core.list.all"}}};
    EXPECT_EQ(report({.durations = false}, rows, {.leftovers = {"volume 6c8f"}}),
              R"(conformance of /d/x.so to Drover's driver ABI 1.0: 5 tests, seed 7

load
  warn    load.scan-time
      warning   expected: less than 100 ms; found: 250 ms

core
  fail    core.create.emits
      rule      A volume is emitted once.
      expected  one volume
      found     none
      op        create
      output    driver log: a
                driver log: b
  crash   core.list.all
      rule      Every volume is listed.
      why       signal 11 (Segmentation fault)
      op        list
  skip    core.list.all
      why       too slow here (by the case file)
  pass    core.list.all

left on the backend, destroy it by hand: volume 6c8f
to run this one again: --filter '^core.create.emits$' --seed 7
to run this one again: --filter '^core.list.all$' --seed 7
of the failures 1 crashed and 0 ran into the time limit
1 of those that passed gave warnings
2 passed, 2 failed, 1 skipped
)");
}

TEST(TextReport, ColoursOnlyWhenAsked) {
    const std::vector<std::pair<Case, TestResult>> rows{
        {kList, {.id = "core.list.all", .duration = std::chrono::milliseconds(1300)}}};
    const std::string plain = report({}, rows, {.was_stopped = true});
    EXPECT_EQ(plain.find('\033'), std::string::npos);
    EXPECT_NE(plain.find("1.3 s\n"), std::string::npos);
    EXPECT_NE(plain.find("stopped by a signal after 1 of 1 tests\n"), std::string::npos);
    EXPECT_NE(report({.colour = true}, rows).find("\033[32mpass"), std::string::npos);
}

TEST(TextReport, EndsWithTheSummaryAlone) {
    const std::string text = report({}, {});
    const auto last = text.rfind('\n', text.size() - 2);
    EXPECT_EQ(text.substr(last + 1), "0 passed, 0 failed, 0 skipped\n");
}

} // namespace
} // namespace drover::conformance
