// expect_failures CONFORMANCE DRIVER CASE-FILE [ID...]: runs the suite on the driver and passes when exactly
// the tests with these ids fail, crash or time out. Without ids: when none does. To be quick it runs the
// groups of the expected tests; with the variable DROVER_WRONG_DRIVERS=whole the whole suite. With
// DROVER_WRONG_DRIVERS=sanitized others may fail as well.
#include "conformance/suite/outcome.hpp"
#include "conformance/suite/sandbox.hpp"

#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace drover::conformance {
namespace {

std::string text(const boost::json::object &row, std::string_view key) {
    const auto *found = row.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

// What the report says of a test that failed, for whoever has to find out why.
void tell(const boost::json::object &row) {
    std::printf("%s %s %s %s\n", text(row, "outcome").c_str(), text(row, "id").c_str(),
                text(row, "reason").c_str(), text(row, "op").c_str());
    if (const auto *findings = row.if_contains("findings")) {
        for (const auto &each : findings->as_array()) {
            std::printf("    expected: %s\n    found: %s\n", text(each.as_object(), "expected").c_str(),
                        text(each.as_object(), "found").c_str());
        }
    }
}

// The groups of the expected tests, after load, which holds the gates.
std::string filter_for(const std::set<std::string> &expected) {
    const char *wanted = std::getenv("DROVER_WRONG_DRIVERS");
    if (expected.empty() || (wanted != nullptr && std::string_view(wanted) == "whole"))
        return "";
    std::string groups = "load";
    for (const std::string &id : expected)
        groups += "|" + id.substr(0, id.find('.'));
    return "^(" + groups + ")[.]";
}

int run(const std::vector<std::string> &arguments) {
    const std::set<std::string> expected(arguments.begin() + 3, arguments.end());
    // Through a shell, which puts the report where the sandbox takes a result from.
    const auto end = run_in_sandbox(
        {.program = "/bin/sh",
         .arguments = {"-c", R"(exec "$0" "$1" --config "$2" --timeout 60 --filter "$3" --json - >&3 3>&-)",
                       arguments[0], arguments[1], arguments[2], filter_for(expected)},
         .limit = std::chrono::minutes(5)});
    if (!end) {
        std::printf("%s\n", end.error().message.c_str());
        return 2;
    }
    boost::system::error_code wrong;
    const auto report = boost::json::parse(end->result, wrong);
    if (wrong || !report.is_object()) {
        std::printf("%s, and no report: %s\n", describe(*end).c_str(), end->output_tail.c_str());
        return 2;
    }
    std::set<std::string> failed;
    std::size_t others = 0;
    for (const auto &each : report.as_object().at("tests").as_array()) {
        const auto &row = each.as_object();
        const auto outcome = outcome_named(text(row, "outcome"));
        if (outcome && !is_failure(*outcome)) {
            ++others;
            continue;
        }
        failed.insert(text(row, "id"));
        if (!expected.contains(text(row, "id")))
            tell(row);
    }
    std::printf("%zu tests passed or were skipped\n", others);
    for (const std::string &id : expected) {
        if (!failed.contains(id))
            std::printf("%s should have caught it\n", id.c_str());
    }
    for (const std::string &id : failed) {
        if (!expected.contains(id))
            std::printf("%s caught it as well\n", id.c_str());
    }
    const char *how = std::getenv("DROVER_WRONG_DRIVERS");
    if (how != nullptr && std::string_view(how) == "sanitized")
        return std::includes(failed.begin(), failed.end(), expected.begin(), expected.end()) ? 0 : 1;
    return failed == expected && (end->code == 0) == expected.empty() ? 0 : 1;
}

} // namespace
} // namespace drover::conformance

int main(int argc, char **argv) {
    if (argc < 4) {
        std::fputs("usage: expect_failures CONFORMANCE DRIVER CASE-FILE [ID...]\n", stderr);
        return 2;
    }
    try {
        return drover::conformance::run({argv + 1, argv + argc});
    } catch (const std::exception &error) {
        std::fprintf(stderr, "expect_failures: %s\n", error.what());
        return 2;
    }
}
