// drover config check|show. Neither asks the agent. schema and example: config_driver_commands.cpp.
#include "core/cli/commands.hpp"
#include "core/cli/config_check.hpp"
#include "core/cli/config_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace drover::cli {
namespace {

struct ConfigOptions {
    std::string file = default_config_file();
    std::string driver_dir;

    void declare(CLI::App &command) {
        command.add_option("file", file, "The file")->type_name("FILE")->capture_default_str();
        command
            .add_option("--driver-dir", driver_dir,
                        "Where the drivers are; normally the file's agent.driver-dir")
            ->type_name("FILE");
    }
    [[nodiscard]] ConfigReport check() const {
        std::error_code error;
        return check_config(file, driver_dir.empty() ? std::filesystem::path()
                                                     : std::filesystem::absolute(driver_dir, error));
    }
};

boost::json::object problem_json(const Problem &problem) {
    return {{"severity", to_string(problem.severity)},
            {"file", problem.file},
            {"line", problem.position.line},
            {"column", problem.position.column},
            {"key", problem.key},
            {"message", problem.message},
            {"found", problem.found},
            {"expected", problem.expected}};
}

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

Exit check(Context &context, const ConfigOptions &options) {
    const auto report = options.check();
    const auto exit = report.has_errors() ? Exit::failed : Exit::ok;
    if (context.json()) {
        boost::json::array problems;
        for (const auto &problem : report.problems)
            problems.push_back(problem_json(problem));
        context.print_json(boost::json::object{
            {"file", options.file}, {"ok", exit == Exit::ok}, {"problems", std::move(problems)}});
        return exit;
    }
    for (const auto &problem : report.problems) {
        if (!context.quiet() || problem.severity == Severity::error)
            context.err() << render_with_source(problem) << '\n';
    }
    const auto errors =
        static_cast<std::size_t>(std::ranges::count(report.problems, Severity::error, &Problem::severity));
    const auto warnings = report.problems.size() - errors;
    std::string summary;
    if (exit == Exit::ok) {
        summary =
            fmt::format("{}: good, {}", options.file, counted(report.config->backends.size(), "backend"));
    } else {
        summary = fmt::format("{}: {}", options.file, counted(errors, "error"));
    }
    if (warnings > 0)
        summary += ", " + counted(warnings, "warning");
    context.report(summary);
    return exit;
}

Exit show(Context &context, const ConfigOptions &options) {
    const auto report = options.check();
    if (!report.config) {
        context.err() << render_with_source(report.problems);
        throw CommandFailed(Exit::failed, Code::invalid,
                            fmt::format("{} cannot be shown while the file itself is wrong", options.file));
    }
    const auto shown = config_json(*report.config, report.drivers);
    if (context.json()) {
        context.print_json(shown);
    } else {
        context.out() << to_yaml(shown);
    }
    return Exit::ok;
}

} // namespace

void add_config_commands(CLI::App &app, Action &chosen) {
    auto *config =
        add_group(app, "config", "agent.yml: check it, show what it comes to, its schema, an example");
    const auto declare = [](CLI::App &command, ConfigOptions &options) { options.declare(command); };
    add_command<ConfigOptions>(
        *config, chosen, "check", "Find every mistake in agent.yml",
        "  drover config check\n"
        "  drover config check ./agent.yml --driver-dir ./build/release/drivers\n\n"
        "Exit code 0 when the agent would take it, 1 when it has errors. Secrets are looked up (file:, "
        "env:), as\n"
        "the agent does: run it as root. A backend's own keys are checked where its driver is found.",
        declare, check);
    add_command<ConfigOptions>(*config, chosen, "show", "Print agent.yml with all defaults, secrets hidden",
                               "  drover config show\n"
                               "  drover --json config show ./agent.yml",
                               declare, show);
    add_config_driver_commands(*config, chosen);
}

} // namespace drover::cli
