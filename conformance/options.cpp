#include "conformance/options.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>

namespace drover::conformance {
namespace {

constexpr const char *kDescription =
    R"(Proves that a storage driver keeps Drover's driver ABI: runs every test of the suite against a real
backend, each in a process of its own, and tells what passed and what did not.

DRIVER is a driver's name (loopback), looked for in the driver folder, or the path of its .so. Where the
backend is and how to log in there is told by a case file, or by the agent.yml of a node that uses it.
The suite makes and destroys volumes there, and never touches one that it did not make.)";

constexpr const char *kFooter =
    R"(Results: pass · warn (passed, could be better) · fail · crash · timeout · skip (always with a reason).
The last line is "N passed, N failed, N skipped"; crashes and timeouts count as failed.
Exit status: 0 nothing failed, 1 something failed, 2 wrong usage or configuration.

Examples:
  drover-conformance loopback --config case.yml
  drover-conformance ./build/acme.so --config case.yml --filter '^core\.list'
  drover-conformance acme --agent-config /etc/flocker/agent.yml --json report.json
  drover-conformance acme --config case.yml --isolated
  drover-conformance acme --config case.yml --html report.html --array "Acme A200, 6.4.1"
  drover-conformance --list)";

} // namespace

std::variant<Options, int> parse_command_line(int argc, char **argv) {
    Options options;
    CLI::App app(kDescription, "drover-conformance");
    app.footer(kFooter);
    app.set_version_flag("--version", "drover-conformance 0.1.0, driver ABI 1.0");
    std::string json;
    std::string junit;
    std::string html;
    std::uint64_t seed = 0;
    app.add_option("DRIVER", options.driver, "the driver's name, or the path of its .so");
    app.add_option("--config", options.config, "case file (docs/conformance.md)")->type_name("FILE");
    app.add_option("--agent-config", options.agent_config,
                   "agent.yml to take the backend from; also the variable AGENT_CONFIG_FILE")
        ->type_name("FILE");
    app.add_option("--driver-dir", options.driver_dir, "folder with <name>.so")->type_name("DIR");
    app.add_option("--filter", options.filter, "only tests whose id matches")->type_name("REGEX");
    app.add_flag("--list", options.list, "print the tests and what they say, and run none");
    auto *json_option =
        app.add_option("--json", json, "write the report (or the list) as JSON to a file, or - for stdout")
            ->type_name("FILE")
            ->expected(0, 1)
            ->default_str("-");
    auto *junit_option =
        app.add_option("--junit", junit, "write the report as JUnit XML, for CI systems")->type_name("FILE");
    auto *html_option =
        app.add_option("--html", html, "write the report as one HTML page, to read, print and publish")
            ->type_name("FILE");
    app.add_option("--array", options.array, "model and firmware of the array, as reports shall call it")
        ->type_name("TEXT");
    app.add_option("--timeout", options.timeout_s, "time limit of each test, in seconds")
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str();
    auto *seed_option =
        app.add_option("--seed", seed, "makes the run's choices (ids, data) those of another run");
    app.add_flag("--stop-at-failure,!--keep-going", options.stop_at_failure,
                 "end the run at the first failure");
    app.add_flag("--isolated", options.isolated,
                 "run the driver in a process of its own (drover-driver-host), as agents do");
    app.add_flag("--in-process", options.in_process,
                 "run the tests in this process, for a debugger: a crash ends the run");
    app.add_flag("--keep-scratch", options.keep_scratch, "do not remove the run's temporary folder");
    app.add_option("--colour,--color", options.colour, "auto, always or never")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, Options::Colour>{{"auto", Options::Colour::automatic},
                                                   {"always", Options::Colour::always},
                                                   {"never", Options::Colour::never}}))
        ->type_name("WHEN");
    // For the program's own use, and for its tests.
    app.add_flag("--self-test", options.self_test)->group("");
    app.add_option("--run-one", options.run_one)->group("");
    app.add_flag("--sweep", options.sweep)->group("");
    app.add_flag("--about", options.about)->group("");
    app.add_option("--scratch", options.scratch)->group("");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (json_option->count() > 0)
        options.json = json.empty() ? "-" : json;
    if (junit_option->count() > 0)
        options.junit = junit;
    if (html_option->count() > 0)
        options.html = html;
    if (seed_option->count() > 0)
        options.seed = seed;
    const auto usage = [](const char *what) {
        std::fprintf(stderr, "drover-conformance: %s\nRun with --help for more.\n", what);
        return 2;
    };
    if (!options.config.empty() && !options.agent_config.empty())
        return usage("give --config or --agent-config, not both");
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet
    if (const char *file = std::getenv("AGENT_CONFIG_FILE");
        file != nullptr && options.config.empty() && options.agent_config.empty())
        options.agent_config = file;
    for (const auto *file : {&options.json, &options.junit, &options.html}) {
        if (*file && (*file)->empty())
            return usage("a report needs the name of a file, or - for stdout");
    }
    if (options.list && (options.junit || options.html))
        return usage("--list prints text, or JSON with --json; other reports need a run");
    if (options.list || (options.self_test && options.driver.empty()))
        return options;
    if (options.driver.empty())
        return usage("which driver? Give its name or the path of its .so");
    if (options.config.empty() && options.agent_config.empty())
        return usage("where is the backend? Give a case file by --config, or an agent.yml by --agent-config");
    return options;
}

} // namespace drover::conformance
