#include "conformance/suite/outcome.hpp"

#include <fmt/format.h>

#include <array>

namespace drover::conformance {
namespace {

struct Row {
    Outcome outcome;
    std::string_view name;
};
constexpr std::array kNames{Row{Outcome::pass, "pass"},       Row{Outcome::warn, "warn"},
                            Row{Outcome::fail, "fail"},       Row{Outcome::crash, "crash"},
                            Row{Outcome::timeout, "timeout"}, Row{Outcome::skip, "skip"}};

} // namespace

std::string_view to_string(Outcome outcome) noexcept {
    for (const Row &row : kNames) {
        if (row.outcome == outcome)
            return row.name;
    }
    return "fail";
}

std::optional<Outcome> outcome_named(std::string_view name) noexcept {
    for (const Row &row : kNames) {
        if (row.name == name)
            return row.outcome;
    }
    return std::nullopt;
}

Tally tally(std::span<const TestResult> results) noexcept {
    Tally sum;
    for (const TestResult &result : results) {
        if (is_failure(result.outcome)) {
            ++sum.failed;
        } else if (result.outcome == Outcome::skip) {
            ++sum.skipped;
        } else {
            ++sum.passed;
        }
        sum.warned += result.outcome == Outcome::warn ? 1 : 0;
        sum.crashed += result.outcome == Outcome::crash ? 1 : 0;
        sum.timed_out += result.outcome == Outcome::timeout ? 1 : 0;
    }
    return sum;
}

std::string summary_line(const Tally &tally) {
    return fmt::format("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
}

} // namespace drover::conformance
