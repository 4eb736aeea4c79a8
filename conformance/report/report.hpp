// What a run was, as values: everything that a report says, whatever its form. The report for people is
// written while the run goes on (text.hpp); the others are made of the whole record at its end.
#pragma once

#include "conformance/report/about_driver.hpp"
#include "conformance/suite/case.hpp"
#include "conformance/suite/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

inline constexpr std::string_view kSuiteVersion = "0.1.0";

struct RunInfo {
    std::string driver; // the file
    std::string abi;    // "1.0"
    std::uint64_t seed = 0;
    bool is_isolated = false; // the driver ran in a process of its own
    std::size_t cases = 0;    // that will be run or skipped

    // What only the documents tell.
    std::size_t cases_in_suite = 0; // more than `cases` when a filter chose some
    std::string filter;
    AboutDriver about;
    std::string driver_sha256; // empty: could not be read
    std::string array;         // in the words of whoever ran it; may be empty
    std::string backend;       // the section of an agent.yml; empty for a case file
    std::string host;          // this machine's name
    std::string system;        // "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64, x86_64"
    std::chrono::system_clock::time_point started;
};

// What another run needs on its command line to run that test as this one did: "--filter '^id$' --seed 7".
std::string again(const RunInfo &run, std::string_view id);

struct RunEnd {
    std::chrono::nanoseconds duration{0};
    bool was_stopped = false;           // by a signal: the cases after the last result did not run
    std::vector<std::string> leftovers; // on the backend
};

struct RunRow {
    Case ran;
    TestResult result;
};

struct RunRecord {
    RunInfo run;
    RunEnd end;
    std::vector<RunRow> rows; // in the order in which they ran; groups are together
};

Tally tally(const std::vector<RunRow> &rows);

// The rows of one group after the other, in the order of the run. They point into `rows`.
struct RunGroup {
    std::string_view name;
    std::vector<const RunRow *> rows;

    [[nodiscard]] Tally tally() const;
    [[nodiscard]] std::chrono::nanoseconds duration() const;
};
std::vector<RunGroup> groups_of(const std::vector<RunRow> &rows);

// What the run as a whole says of the driver.
struct Verdict {
    enum class Is {
        conforms, // every test of the suite ran or had a reason not to, every mandatory one passed
        fails,    // at least one test failed
        partial,  // nothing failed, but not all of what binds every driver was seen
    };
    Is is = Is::partial;
    std::string sentence; // why
};
Verdict verdict_of(const RunRecord &record);

// "2026-03-01T12:00:00Z".
std::string format_utc(std::chrono::system_clock::time_point when);

} // namespace drover::conformance
