#include "conformance/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace drover::conformance {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

} // namespace

std::string again(const RunInfo &run, std::string_view id) {
    return fmt::format("{}--filter '^{}$' --seed {}", run.is_isolated ? "--isolated " : "", id, run.seed);
}

Tally tally(const std::vector<RunRow> &rows) {
    std::vector<TestResult> results;
    results.reserve(rows.size());
    for (const RunRow &row : rows)
        results.push_back(row.result);
    return tally(results);
}

Tally RunGroup::tally() const {
    std::vector<TestResult> results;
    results.reserve(rows.size());
    for (const RunRow *row : rows)
        results.push_back(row->result);
    return conformance::tally(results);
}

std::chrono::nanoseconds RunGroup::duration() const {
    std::chrono::nanoseconds sum{0};
    for (const RunRow *row : rows)
        sum += row->result.duration;
    return sum;
}

std::vector<RunGroup> groups_of(const std::vector<RunRow> &rows) {
    std::vector<RunGroup> groups;
    for (const RunRow &row : rows) {
        auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const RunGroup &each) { return each.name == row.ran.group(); });
        if (found == groups.end())
            found = groups.insert(groups.end(), RunGroup{row.ran.group(), {}});
        found->rows.push_back(&row);
    }
    return groups;
}

Verdict verdict_of(const RunRecord &record) {
    const Tally sum = tally(record.rows);
    const std::size_t ran = record.rows.size();
    if (sum.failed > 0)
        return {Verdict::Is::fails, fmt::format("{} of {} failed.", sum.failed, counted(ran, "test"))};
    if (record.end.was_stopped) {
        return {Verdict::Is::partial,
                fmt::format("The run was stopped after {} of {}.", ran, counted(record.run.cases, "test"))};
    }
    if (record.run.cases < record.run.cases_in_suite) {
        return {Verdict::Is::partial,
                fmt::format("Only {} of the suite's {} were chosen to run.", record.run.cases,
                            counted(record.run.cases_in_suite, "test"))};
    }
    const auto unseen =
        static_cast<std::size_t>(std::count_if(record.rows.begin(), record.rows.end(), [](const RunRow &row) {
            return row.ran.binding == Binding::mandatory && row.result.outcome == Outcome::skip;
        }));
    if (unseen > 0) {
        return {Verdict::Is::partial, fmt::format("{} that every driver must pass {} skipped.",
                                                  counted(unseen, "test"), unseen == 1 ? "was" : "were")};
    }
    if (ran == 0)
        return {Verdict::Is::partial, "No test ran."};
    return {Verdict::Is::conforms, "Every mandatory test passed, and no other failed."};
}

std::string format_utc(std::chrono::system_clock::time_point when) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

} // namespace drover::conformance
