#include "conformance/report/junit.hpp"

#include "conformance/report/markup.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::conformance {
namespace {

// Fixed point: readers take no exponents, and no locale's comma.
std::string seconds(std::chrono::nanoseconds duration) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    return fmt::format("{}.{:06}", us / 1000000, us % 1000000);
}

// The schema that validators of this format share knows no time zone: UTC without its Z.
std::string timestamp(const RunRecord &record) {
    std::string text = format_utc(record.run.started);
    text.pop_back();
    return text;
}

std::string attribute(std::string_view name, std::string_view value) {
    return fmt::format(" {}=\"{}\"", name, escaped_attribute(value));
}

std::string attribute(std::string_view name, std::size_t value) {
    return fmt::format(" {}=\"{}\"", name, value);
}

std::string property(std::string_view name, std::string_view value) {
    return value.empty()
               ? std::string()
               : fmt::format("      <property{}{}/>\n", attribute("name", name), attribute("value", value));
}

std::string joined(const std::vector<std::string> &texts) {
    std::string all;
    for (const std::string &text : texts)
        all += (all.empty() ? "" : ", ") + text;
    return all;
}

// The same in each testsuite: CI systems show a testsuite by itself.
std::string properties(const RunRecord &record) {
    const RunInfo &run = record.run;
    const bool is_known = !run.about.name.empty();
    std::string all = "    <properties>\n";
    all += property("driver.file", run.driver);
    all += property("driver.sha256", run.driver_sha256);
    all += property("driver.name", run.about.name);
    all += property("driver.version", run.about.version);
    all += property("driver.vendor", run.about.vendor);
    all += property("driver.abi.major", is_known ? std::to_string(run.about.abi_major) : "");
    all += property("driver.abi.minor", is_known ? std::to_string(run.about.abi_minor) : "");
    all += property("driver.extensions", joined(run.about.extensions));
    all += property("abi", run.abi);
    all += property("array", run.array);
    all += property("backend", run.backend);
    all += property("system", run.system);
    all += property("suite", kSuiteVersion);
    all += property("filter", run.filter);
    all += property("seed", std::to_string(run.seed));
    all += property("isolated", run.is_isolated ? "true" : "");
    all += property("left-on-backend", joined(record.end.leftovers));
    return all + "    </properties>\n";
}

// <tag message="..." type="...">body</tag>
std::string trouble(std::string_view tag, std::string_view message, std::string_view type,
                    std::string_view body) {
    return fmt::format("      <{}{}{}>{}</{}>\n", tag, attribute("message", message), attribute("type", type),
                       escaped(body), tag);
}

std::string line(std::string_view label, std::string_view text) {
    return text.empty() ? std::string() : fmt::format("{}: {}\n", label, text);
}

std::string failure(const RunRow &row) {
    std::string body = line("rule", row.ran.description);
    for (const Finding &finding : row.result.findings)
        body += line("expected", finding.expected) + line("found", finding.found) + line("op", finding.op);
    std::string message = "failed";
    if (!row.result.findings.empty()) {
        message = fmt::format("expected: {}; found: {}", row.result.findings.front().expected,
                              row.result.findings.front().found);
    }
    return trouble("failure", message, "fail", body);
}

std::string error(const RunRow &row) {
    const TestResult &result = row.result;
    std::string message = result.reason.empty() ? std::string(to_string(result.outcome)) : result.reason;
    if (!result.op.empty())
        message += " (op: " + result.op + ")";
    return trouble("error", message, to_string(result.outcome),
                   line("rule", row.ran.description) + line("why", result.reason) + line("op", result.op));
}

std::string testcase(const RunRow &row) {
    const TestResult &result = row.result;
    std::string inner;
    if (result.outcome == Outcome::skip) {
        inner += fmt::format("      <skipped{}/>\n", attribute("message", result.reason));
    } else if (result.outcome == Outcome::fail) {
        inner += failure(row);
    } else if (is_failure(result.outcome)) {
        inner += error(row);
    }
    std::string out;
    for (const std::string &warning : result.warnings)
        out += line("warning", warning);
    if (!out.empty())
        inner += fmt::format("      <system-out>{}</system-out>\n", escaped(out));
    if (is_failure(result.outcome) && !result.output_tail.empty())
        inner += fmt::format("      <system-err>{}</system-err>\n", escaped(result.output_tail));
    const std::string open =
        fmt::format("    <testcase{}{}{}", attribute("name", result.id),
                    attribute("classname", fmt::format("conformance.{}", row.ran.group())),
                    attribute("time", seconds(result.duration)));
    return inner.empty() ? open + "/>\n" : open + ">\n" + inner + "    </testcase>\n";
}

struct Counts {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;

    void add(const Tally &sum, std::size_t rows) {
        tests += rows;
        errors += sum.crashed + sum.timed_out;
        failures += sum.failed - sum.crashed - sum.timed_out;
        skipped += sum.skipped;
    }
    [[nodiscard]] std::string attributes() const {
        return attribute("tests", tests) + attribute("failures", failures) + attribute("errors", errors) +
               attribute("skipped", skipped);
    }
};

std::string testsuite(const RunRecord &record, std::string_view name, const Counts &counts,
                      std::chrono::nanoseconds duration, const std::string &cases) {
    return fmt::format("  <testsuite{}{}{}{}{}>\n{}{}  </testsuite>\n", attribute("name", name),
                       counts.attributes(), attribute("time", seconds(duration)),
                       attribute("timestamp", timestamp(record)),
                       attribute("hostname", record.run.host.empty() ? "localhost" : record.run.host),
                       properties(record), cases);
}

} // namespace

std::string to_junit(const RunRecord &record) {
    Counts all;
    std::string suites;
    for (const RunGroup &group : groups_of(record.rows)) {
        Counts counts;
        counts.add(group.tally(), group.rows.size());
        all.add(group.tally(), group.rows.size());
        std::string cases;
        for (const RunRow *row : group.rows)
            cases += testcase(*row);
        suites += testsuite(record, group.name, counts, group.duration(), cases);
    }
    if (record.end.was_stopped) {
        // Whoever reads only this file must not take half a run for a good one.
        const Counts one{.tests = 1, .errors = 1};
        ++all.tests;
        ++all.errors;
        const std::string told = fmt::format("the run was stopped by a signal after {} of {} tests",
                                             record.rows.size(), record.run.cases);
        suites += testsuite(record, "run", one, {},
                            "    <testcase name=\"run.complete\" classname=\"conformance.run\" "
                            "time=\"0.000000\">\n" +
                                trouble("error", told, "stopped", told) + "    </testcase>\n");
    }
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<testsuites name=\"drover-conformance\"{}{}>\n{}</testsuites>\n",
                       all.attributes(), attribute("time", seconds(record.end.duration)), suites);
}

} // namespace drover::conformance
