#include "conformance/report/report.hpp"
#include "conformance/report/testing/record.hpp"

#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

RunRecord good_record() {
    RunRecord record = sample_record();
    for (RunRow &row : record.rows) {
        if (is_failure(row.result.outcome))
            row.result = {.id = row.result.id};
    }
    return record;
}

TEST(Verdict, ADriverConformsWithWarningsAndWithoutWhatItDoesNotOffer) {
    EXPECT_EQ(verdict_of(good_record()).is, Verdict::Is::conforms);
}

TEST(Verdict, OneFailureIsEnough) {
    const Verdict verdict = verdict_of(sample_record());
    EXPECT_EQ(verdict.is, Verdict::Is::fails);
    EXPECT_EQ(verdict.sentence, "3 of 6 tests failed.");
}

TEST(Verdict, HalfARunSaysNothing) {
    RunRecord stopped = good_record();
    stopped.end.was_stopped = true;
    EXPECT_EQ(verdict_of(stopped).is, Verdict::Is::partial);
    EXPECT_EQ(verdict_of(stopped).sentence, "The run was stopped after 6 of 6 tests.");
    RunRecord filtered = good_record();
    filtered.run.cases_in_suite = 90;
    EXPECT_EQ(verdict_of(filtered).is, Verdict::Is::partial);
    EXPECT_EQ(verdict_of(filtered).sentence, "Only 6 of the suite's 90 tests were chosen to run.");
    EXPECT_EQ(verdict_of({}).is, Verdict::Is::partial);
}

TEST(Verdict, AMandatoryTestMayNotBeSkipped) {
    RunRecord record = good_record();
    record.rows[1].result = {.id = "core.create.emits", .outcome = Outcome::skip, .reason = "too slow"};
    EXPECT_EQ(verdict_of(record).is, Verdict::Is::partial);
    EXPECT_EQ(verdict_of(record).sentence, "1 test that every driver must pass was skipped.");
}

TEST(Groups, KeepTheOrderOfTheRun) {
    const RunRecord record = sample_record();
    const auto groups = groups_of(record.rows);
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(groups[1].name, "core");
    EXPECT_EQ(groups[1].rows.size(), 4U);
    EXPECT_EQ(groups[1].tally().failed, 3U);
    EXPECT_EQ(groups[1].duration(), std::chrono::microseconds(1500020));
}

TEST(FormatUtc, IsIso8601) {
    EXPECT_EQ(format_utc(std::chrono::system_clock::from_time_t(0)), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_utc(std::chrono::system_clock::from_time_t(1772366400)), "2026-03-01T12:00:00Z");
}

} // namespace
} // namespace drover::conformance
