#include "conformance/report/text.hpp"

#include <fmt/format.h>

#include <sstream>

namespace drover::conformance {
namespace {

constexpr std::size_t kIdWidth = 44;

std::string_view colour_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::pass:
        return "\033[32m";
    case Outcome::warn:
    case Outcome::skip:
        return "\033[33m";
    default:
        return "\033[31m";
    }
}

// Below a test's line, so that it is told from other tests. Several lines stay several lines.
std::string indented(std::string_view label, std::string_view text) {
    std::string result;
    std::istringstream lines{std::string(text)};
    std::string head = fmt::format("      {:<10}", label);
    for (std::string line; std::getline(lines, line);) {
        result += head + line + "\n";
        head = std::string(16, ' ');
    }
    return result;
}

} // namespace

std::string format_duration(std::chrono::nanoseconds duration) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return ms < 1000 ? fmt::format("{} ms", ms) : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
}

void TextReport::print(const std::string &text) {
    std::fputs(text.c_str(), out_);
}

void TextReport::begin(const RunInfo &run) {
    run_ = run;
    print(fmt::format("conformance of {}{} to Drover's driver ABI {}: {} tests, seed {}\n", run.driver,
                      run.is_isolated ? " (in a process of its own)" : "", run.abi, run.cases, run.seed));
}

void TextReport::add(const Case &ran, const TestResult &result) {
    if (group_ != ran.group()) {
        group_ = ran.group();
        print(fmt::format("\n{}\n", group_));
    }
    const std::string_view name = to_string(result.outcome);
    const std::string shown = style_.colour ? fmt::format("{}{:<8}\033[0m", colour_of(result.outcome), name)
                                            : fmt::format("{:<8}", name);
    const bool timed = style_.durations && result.outcome != Outcome::skip;
    std::string line = fmt::format("  {}{}", shown, result.id);
    if (timed)
        line = fmt::format("  {}{:<{}} {:>8}", shown, result.id, kIdWidth, format_duration(result.duration));
    print(line + "\n");
    if (is_failure(result.outcome)) {
        failed_.push_back(result.id);
        print(indented("rule", ran.description));
    }
    if (!result.reason.empty())
        print(indented("why", result.reason));
    if (!result.op.empty())
        print(indented("op", result.op));
    for (const Finding &finding : result.findings) {
        print(indented("expected", finding.expected));
        print(indented("found", finding.found));
        if (!finding.op.empty())
            print(indented("op", finding.op));
    }
    for (const std::string &warning : result.warnings)
        print(indented("warning", warning));
    if (is_failure(result.outcome) && !result.output_tail.empty())
        print(indented("output", result.output_tail));
    std::fflush(out_);
}

void TextReport::end(const RunEnd &end, const Tally &sum) {
    print("\n");
    if (end.was_stopped) {
        print(fmt::format("stopped by a signal after {} of {} tests\n", sum.passed + sum.failed + sum.skipped,
                          run_.cases));
    }
    for (const std::string &left : end.leftovers)
        print(fmt::format("left on the backend, destroy it by hand: {}\n", left));
    for (const std::string &id : failed_)
        print(fmt::format("to run this one again: {}\n", again(run_, id)));
    if (sum.crashed + sum.timed_out > 0) {
        print(fmt::format("of the failures {} crashed and {} ran into the time limit\n", sum.crashed,
                          sum.timed_out));
    }
    if (sum.warned > 0)
        print(fmt::format("{} of those that passed gave warnings\n", sum.warned));
    if (style_.durations)
        print(fmt::format("took {}\n", format_duration(end.duration)));
    print(summary_line(sum) + "\n");
    std::fflush(out_);
}

} // namespace drover::conformance
