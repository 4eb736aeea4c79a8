// drover-conformance: builds the parts from the command line, runs the cases, writes the reports. The same
// program is started again for each test (--run-one), to sweep after a crash (--sweep), and to ask the driver
// what it is (--about).
#include "conformance/documents.hpp"
#include "conformance/options.hpp"
#include "conformance/report/about_host.hpp"
#include "conformance/report/listing.hpp"
#include "conformance/report/output_file.hpp"
#include "conformance/report/text.hpp"
#include "conformance/scratch.hpp"
#include "conformance/suite/registry.hpp"
#include "conformance/suite/runner.hpp"
#include "conformance/suite/sweep.hpp"
#include "loader/base/unique_fd.hpp"
#include "loader/descriptor.hpp"
#include "loader/isolated.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <random>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace drover::conformance {
namespace {

constexpr int kUsage = 2;

int usage(const std::string &what) {
    std::fprintf(stderr, "drover-conformance: %s\n", what.c_str());
    return kUsage;
}

// A name is looked for in --driver-dir, in the agent.yml's folder, beside this program in a build tree, and
// where packages put drivers. Anything with a slash or .so at its end is a path.
Result<std::filesystem::path> find_driver(const Options &options, const std::filesystem::path &agent_dir) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<fs::path> tried;
    if (options.driver.find('/') != std::string::npos || options.driver.ends_with(".so")) {
        tried.push_back(fs::absolute(options.driver, error));
    } else if (!is_driver_name(options.driver)) {
        return fail(Code::invalid, fmt::format("\"{}\" is no driver's name (a lower case letter, then up to "
                                               "62 of a-z, 0-9, _ and -); for a path write ./{}",
                                               options.driver, options.driver));
    } else {
        const std::string file = options.driver + ".so";
        for (const fs::path &folder : {options.driver_dir, agent_dir}) {
            if (!folder.empty())
                tried.push_back(fs::absolute(folder / file, error));
        }
        if (tried.empty()) {
            tried.push_back(fs::read_symlink("/proc/self/exe", error).parent_path().parent_path() /
                            "drivers" / file);
            tried.push_back(fs::path("/usr/lib/drover/drivers") / file);
        }
    }
    std::string names;
    for (const fs::path &file : tried) {
        fs::path found = fs::canonical(file, error);
        if (!error)
            return found;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", file.native());
    }
    return fail(
        Code::not_found,
        fmt::format("there is no driver at {}; give the path of its .so, or its folder by --driver-dir",
                    names));
}

Result<Settings> make_settings(const Options &options, const std::filesystem::path &scratch,
                               std::uint64_t seed) {
    Settings settings;
    settings.scratch = scratch;
    settings.seed = seed;
    settings.limit = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(options.timeout_s));
    if (options.driver.empty()) // a self-test that needs none
        return settings;
    auto file = options.config.empty()
                    ? case_file_from_agent_config(options.agent_config, options.driver, scratch)
                    : load_case_file(options.config, scratch);
    if (!file) {
        std::string text = render_with_source(file.error());
        while (text.ends_with('\n'))
            text.pop_back();
        return fail(Code::invalid, std::move(text));
    }
    settings.file = std::move(*file);
    auto driver = find_driver(options, settings.file.driver_dir);
    if (!driver)
        return fail(std::move(driver).error());
    settings.driver = std::move(*driver);
    settings.is_isolated = options.isolated;
    if (const auto host = IsolationOptions().program; options.isolated && ::access(host.c_str(), X_OK) != 0) {
        return fail(Code::not_found,
                    fmt::format("--isolated runs the driver in {}, which cannot be run ({}); it comes with "
                                "the package drover-agent",
                                host.native(), std::generic_category().message(errno)));
    }
    return settings;
}

// How this program calls itself for one test.
std::vector<std::string> own_arguments(const Options &options, const Settings &settings) {
    std::vector<std::string> arguments{"--scratch", settings.scratch.native(),
                                       "--seed",    std::to_string(settings.seed),
                                       "--timeout", fmt::format("{}", options.timeout_s)};
    if (options.self_test)
        arguments.emplace_back("--self-test");
    if (settings.is_isolated)
        arguments.emplace_back("--isolated");
    if (!settings.driver.empty()) {
        arguments.insert(
            arguments.end(),
            {settings.driver.native(), options.config.empty() ? "--agent-config" : "--config",
             std::filesystem::absolute(options.config.empty() ? options.agent_config : options.config)
                 .native()});
    }
    return arguments;
}

RunnerOptions runner_options(const Options &options, const Settings &settings, int stop_fd) {
    RunnerOptions made{.child_arguments = own_arguments(options, settings),
                       .sweep_arguments = own_arguments(options, settings),
                       .in_process = options.in_process,
                       .stop_fd = stop_fd};
    made.child_arguments.emplace_back("--run-one");
    made.sweep_arguments.emplace_back("--sweep");
    return made;
}

// What only the documents tell of a run: where it takes place, and what the driver says of itself.
void describe_run(RunInfo &run, const Options &options, const Settings &settings, int stop_fd) {
    run.array = options.array;
    run.host = host_name();
    run.system = system_description();
    if (settings.driver.empty())
        return;
    if (!options.agent_config.empty())
        run.backend = settings.file.backend.name;
    run.driver_sha256 = sha256_of_file(settings.driver);
    std::vector<std::string> arguments = own_arguments(options, settings);
    arguments.emplace_back("--about");
    run.about = ask_about_driver(arguments, settings.limit, stop_fd);
}

// Blocked from now on, and readable as a descriptor instead.
UniqueFd stop_signals() {
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaddset(&ends, signal);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return UniqueFd(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
}

int run_all(const Options &options, const Registry &registry, const std::vector<Case> &cases) {
    const auto documents = Documents::plan(options);
    if (!documents)
        return usage(documents.error().message);
    auto scratch = Scratch::make();
    if (!scratch)
        return usage(scratch.error().message);
    const std::uint64_t seed = options.seed.value_or(std::random_device()());
    const auto settings = make_settings(options, scratch->folder(), seed);
    if (!settings)
        return usage(settings.error().message);

    std::FILE *const people = documents->takes_stdout() ? stderr : stdout;
    const bool is_terminal = ::isatty(::fileno(people)) == 1;
    const bool colour = options.colour == Options::Colour::always ||
                        (options.colour == Options::Colour::automatic && is_terminal);
    TextReport text(people, TextReport::Style{.colour = colour});
    const UniqueFd stop = stop_signals();

    RunRecord record;
    record.run = {.driver = settings->driver.empty() ? "nothing" : settings->driver.native(),
                  .abi = "1.0",
                  .seed = seed,
                  .is_isolated = settings->is_isolated,
                  .cases = cases.size(),
                  .cases_in_suite = registry.cases().size(),
                  .filter = options.filter,
                  .started = std::chrono::system_clock::now()};
    if (!documents->empty())
        describe_run(record.run, options, *settings, stop.get());
    const auto started = std::chrono::steady_clock::now();
    text.begin(record.run);
    Runner runner(*settings, runner_options(options, *settings, stop.get()));
    for (const Case &each : cases) {
        TestResult result = runner.run(each);
        if (runner.was_stopped())
            break;
        text.add(each, result);
        record.rows.push_back({each, std::move(result)});
        if (options.stop_at_failure && is_failure(record.rows.back().result.outcome))
            break;
    }
    record.end = {.duration = std::chrono::steady_clock::now() - started,
                  .was_stopped = runner.was_stopped(),
                  .leftovers = runner.leftovers()};
    const auto written = documents->write(record);
    text.end(record.end, tally(record.rows));
    if (!written)
        std::fprintf(stderr, "drover-conformance: %s\n", written.error().message.c_str());
    if (options.keep_scratch || !record.end.leftovers.empty()) {
        std::fprintf(stderr, "kept: %s\n", scratch->folder().c_str());
        scratch->keep();
    }
    return written && tally(record.rows).failed == 0 && !record.end.was_stopped ? 0 : 1;
}

int run_for_parent(const Options &options, const Registry &registry) {
    const auto settings = make_settings(options, options.scratch, options.seed.value_or(0));
    if (!settings)
        return usage(settings.error().message);
    if (options.about)
        return tell_about_driver(*settings);
    if (options.sweep)
        return sweep_after_crash(*settings);
    const Case *running = registry.find(options.run_one);
    return running == nullptr ? usage("there is no test " + options.run_one) : run_one(*settings, *running);
}

int run(int argc, char **argv) {
    const auto parsed = parse_command_line(argc, argv);
    if (const int *code = std::get_if<int>(&parsed))
        return *code;
    const auto &options = std::get<Options>(parsed);
    const Registry registry = options.self_test ? make_self_test_registry() : make_registry();
    if (options.about || options.sweep || !options.run_one.empty())
        return run_for_parent(options, registry);
    const auto selected = registry.matching(options.filter);
    if (!selected)
        return usage(selected.error().message);
    if (selected->empty())
        return usage(fmt::format("no test's id matches \"{}\"; --list shows them", options.filter));
    if (!options.list)
        return run_all(options, registry, *selected);
    const std::string text = options.json ? list_as_json(*selected) : list_as_text(*selected);
    if (!options.json || *options.json == "-")
        return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
    const auto written = write_file(*options.json, text);
    return written ? 0 : usage(written.error().message);
}

} // namespace
} // namespace drover::conformance

int main(int argc, char **argv) {
    try {
        return drover::conformance::run(argc, argv);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "drover-conformance: a bug in the suite: %s\n", error.what());
        return 1;
    }
}
