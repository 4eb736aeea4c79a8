// What a test came to, and how results are counted. A result is a value: made in the child that ran the test
// or by the runner that saw the child end, carried as JSON (outcome_json.hpp), shown by the reports.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drover::conformance {

enum class Outcome {
    pass,
    warn,    // passed, but something should be better
    fail,    // the driver broke a rule
    crash,   // the test's process ended without a result: a signal, or an exit in the middle
    timeout, // the test's process had to be killed
    skip,    // did not run; always with a reason
};

std::string_view to_string(Outcome outcome) noexcept;
std::optional<Outcome> outcome_named(std::string_view name) noexcept;

// fail, crash and timeout.
constexpr bool is_failure(Outcome outcome) noexcept {
    return outcome == Outcome::fail || outcome == Outcome::crash || outcome == Outcome::timeout;
}

// One rule that was seen broken: what the ABI asks, what the driver did, and the op that did it (may be
// empty).
struct Finding {
    std::string expected;
    std::string found;
    std::string op;

    bool operator==(const Finding &) const = default;
};

struct TestResult {
    std::string id;
    Outcome outcome = Outcome::pass;
    std::chrono::nanoseconds duration{0};
    std::string reason; // of a skip; of a crash or timeout: how the process ended, in words
    std::string op; // crash and timeout: the op that ran, such as "snapshot.create of 6c8f..."; else empty
    std::vector<Finding> findings;
    std::vector<std::string> warnings;
    std::string output_tail; // the end of what was written to stderr and stdout; shown when it failed

    bool operator==(const TestResult &) const = default;
};

struct Tally {
    std::size_t passed = 0; // warnings included
    std::size_t failed = 0; // crashes and timeouts included
    std::size_t skipped = 0;
    std::size_t warned = 0;
    std::size_t crashed = 0;
    std::size_t timed_out = 0;
};

Tally tally(std::span<const TestResult> results) noexcept;

// "12 passed, 0 failed, 3 skipped": the last line of every run.
std::string summary_line(const Tally &tally);

} // namespace drover::conformance
