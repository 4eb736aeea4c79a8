// drover-bench: measures what the budgets of the design speak of, on this machine, and shows it beside a
// floor or a peer from the same run. `./dev bench` builds and runs it.
#include "bench/scenario.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <regex>

namespace drover::bench {

namespace {

struct Options {
    std::string json;
    std::vector<std::string> names;
    bool strict = false;
    bool list = false;
};

int measure(const Options &options) {
    std::vector<std::regex> patterns;
    for (const auto &name : options.names)
        patterns.emplace_back(name, std::regex::extended);
    const Wanted wanted = [&](std::string_view name) {
        return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const auto &pattern) {
                   return std::regex_search(name.begin(), name.end(), pattern);
               });
    };
    std::vector<Scenario> scenarios = {
        loader_scenario(),       isolated_scenario(),   docker_scenario(), ten_thousand_scenario(),
        five_hundred_scenario(), flasharray_scenario(), lab_scenario()};
    std::erase_if(scenarios, [&](const Scenario &scenario) {
        return std::none_of(scenario.names.begin(), scenario.names.end(), wanted);
    });
    if (options.list) {
        for (const auto &scenario : scenarios) {
            for (const auto &name : scenario.names) {
                if (wanted(name))
                    std::cout << name << '\n';
            }
        }
        return 0;
    }
    if (scenarios.empty()) {
        std::cerr << "drover-bench: no benchmark has such a name; --list shows the names\n";
        return 2;
    }

    leave_mount_namespace();
    std::vector<Figure> figures;
    bool failed = false;
    for (const Scenario &scenario : scenarios) {
        const Workplace workplace;
        try {
            for (Figure &figure : scenario.measure(workplace, wanted))
                figures.push_back(std::move(figure));
        } catch (const NotHere &reason) {
            for (const auto &name : scenario.names) {
                if (wanted(name))
                    std::cerr << fmt::format("drover-bench: {} is left out: {}\n", name, reason.what());
            }
        } catch (const std::exception &error) {
            failed = true;
            for (const auto &name : scenario.names) {
                if (wanted(name))
                    std::cerr << fmt::format("drover-bench: {} cannot be measured: {}\n", name, error.what());
            }
        }
    }
    std::cout << render_table(figures);
    if (!options.json.empty())
        write_json(options.json, figures);
    const bool over =
        std::any_of(figures.begin(), figures.end(), [](const auto &row) { return row.is_over(); });
    return failed || (over && options.strict) ? 1 : 0;
}

} // namespace

} // namespace drover::bench

int main(int argc, char **argv) {
    std::signal(SIGPIPE, SIG_IGN);
    CLI::App app{
        "Measures Drover on this machine: the loader in process, and an agent of its own in a temporary "
        "folder.",
        "drover-bench"};
    drover::bench::Options options;
    app.add_option("--json", options.json, "Also write the figures to this file");
    app.add_flag("--strict", options.strict, "End with 1 when a budget is missed");
    app.add_flag("--list", options.list, "Only show the names");
    app.add_option("REGEX", options.names, "Measure only what has a matching name (default: all)");
    app.footer("Ends with 0, with 1 when something could not be measured, with 2 for a wrong command line.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &wrong) {
        return app.exit(wrong) == 0 ? 0 : 2;
    }
    try {
        return drover::bench::measure(options);
    } catch (const std::regex_error &error) {
        std::cerr << "drover-bench: that is no regular expression: " << error.what() << '\n';
        return 2;
    } catch (const std::exception &error) {
        std::cerr << "drover-bench: " << error.what() << '\n';
        return 1;
    }
}
