#include "core/cli/cli.hpp"

#include "core/cli/commands.hpp"
#include "core/cli/completion.hpp"
#include "core/cli/config_check.hpp"
#include "core/cli/json_text.hpp"
#include "core/config/suggest.hpp"
#include "loader/open.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp> // App needs its definitions
#include <CLI/Error.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>

namespace drover::cli {
namespace {

constexpr const char *kFooter =
    "Examples:\n"
    "  drover volume create data --size 10g\n"
    "  drover volume ls\n"
    "  drover --json volume inspect data\n"
    "  drover config check /etc/drover/agent.yml\n"
    "  drover volume create --help\n\n"
    "Global options may stand before or after the command. NO_COLOR, when set, is --no-color.\n"
    "Ctrl-C ends the waiting only: what the agent has begun goes on.\n\n"
    "Exit codes:\n"
    "  0    done\n"
    "  1    failed; the reason is on stderr, and with --json also on stdout as {\"error\": {...}}\n"
    "  2    wrong usage\n"
    "  3    there is no such volume, snapshot, group, operation, ...\n"
    "  4    the agent cannot be reached\n"
    "  130  interrupted while it waited";

void build(CLI::App &app, Globals &globals, Action &chosen) {
    app.get_formatter()->column_width(32);
    app.fallthrough();
    app.require_subcommand(1);
    app.footer(kFooter);
    app.set_version_flag("--version", std::string("drover ") + DROVER_VERSION);
    app.add_option("--socket", globals.socket,
                   "The agent's API socket; else the variable DROVER_SOCKET, else /run/drover/api.sock")
        ->type_name("FILE");
    app.add_flag("--json", globals.json, "Print JSON, in the shape of the API's objects");
    app.add_flag("--quiet,-q", globals.quiet, "Print only names, or nothing; no progress");
    app.add_flag("--no-color", globals.no_color, "No colors");
    app.add_option("--timeout", globals.timeout_seconds,
                   "Wait at most so long in all; normally as long as it takes")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 1e9).description(""));
    add_volume_commands(app, chosen);
    add_snapshot_commands(app, chosen);
    add_group_commands(app, chosen);
    add_driver_commands(app, chosen);
    add_profile_commands(app, chosen);
    add_node_commands(app, chosen);
    add_config_commands(app, chosen);
    add_sdk_commands(app, chosen);
    add_status_command(app, chosen);
    add_operation_commands(app, chosen);
    add_completion_command(app, chosen);
    add_version_command(app, chosen);
}

// The deepest command that the user named.
CLI::App *named_command(CLI::App &app) {
    auto *command = &app;
    while (!command->get_subcommands().empty())
        command = command->get_subcommands().back();
    return command;
}

// "drover volume"; empty for what is above the program.
std::string full_name(const CLI::App *command) {
    if (command == nullptr)
        return {};
    return command->get_parent() == nullptr ? command->get_name()
                                            : full_name(command->get_parent()) + " " + command->get_name();
}

// The first word that is neither an option nor one of the commands on the way to `command`: what the user
// took for a subcommand of it. Values of options before it may be taken for it; they only make the hint
// worse.
std::string unknown_word(const CLI::App &command, const std::vector<std::string> &arguments) {
    std::vector<std::string> way;
    for (const auto *above = &command; above->get_parent() != nullptr; above = above->get_parent())
        way.push_back(above->get_name());
    for (const auto &word : arguments) {
        if (!way.empty() && word == way.back()) {
            way.pop_back();
        } else if (!word.starts_with('-') && way.empty()) {
            return word;
        }
    }
    return {};
}

// Without a subcommand: which one was meant, or what there is.
Exit report_subcommand(const CLI::App &command, const std::vector<std::string> &arguments,
                       const Surroundings &around) {
    const auto word = unknown_word(command, arguments);
    if (word.empty()) {
        around.err << command.help(full_name(command.get_parent()));
        return Exit::usage;
    }
    std::vector<std::string> known;
    for (const auto *sub : command.get_subcommands([](const CLI::App *) { return true; }))
        known.push_back(sub->get_name());
    const auto meant = suggest(word, known);
    around.err << fmt::format("drover: {} has no command {}{}\nSee {} --help.\n", full_name(&command),
                              printable(word), meant ? fmt::format("; did you mean {}?", *meant) : "",
                              full_name(&command));
    return Exit::usage;
}

Exit report_usage(CLI::App &app, const CLI::ParseError &wrong, const std::vector<std::string> &arguments,
                  const Surroundings &around) {
    if (wrong.get_exit_code() == 0) { // --help and --version ask for text, they are no errors
        app.exit(wrong, around.out, around.err);
        return Exit::ok;
    }
    const auto *command = named_command(app);
    if (!command->get_subcommands([](const CLI::App *) { return true; }).empty() &&
        dynamic_cast<const CLI::RequiredError *>(&wrong) != nullptr)
        return report_subcommand(*command, arguments, around);
    around.err << fmt::format("drover: {}\nSee {} --help.\n", wrong.what(), full_name(command));
    return Exit::usage;
}

std::vector<std::string> names_of_kind(AgentClient &agent, std::string_view kind, const std::string &before) {
    const auto list = [&](const std::string &target, std::string_view key, std::string_view field) {
        std::vector<std::string> names;
        const auto answer = agent.get(target);
        for (const auto &item : list_of(answer, key))
            names.push_back(printable(text_of(item, field)));
        return names;
    };
    if (kind == "VOLUME")
        return list("/v2/volumes", "volumes", "name");
    if (kind == "SNAPSHOT") {
        return list(before.empty() ? "/v2/snapshots" : path("/v2/volumes", {before}) + "/snapshots",
                    "snapshots", "name");
    }
    if (kind == "GROUP")
        return list("/v2/groups", "groups", "name");
    if (kind == "GROUPSNAPSHOT") {
        return list(before.empty() ? "/v2/group-snapshots" : path("/v2/groups", {before}) + "/snapshots",
                    "group_snapshots", "name");
    }
    if (kind == "BACKEND")
        return list("/v2/drivers", "drivers", "backend");
    if (kind == "DRIVER")
        return list("/v2/drivers", "drivers", "driver");
    if (kind == "PROFILE")
        return list("/v2/profiles", "profiles", "name");
    if (kind == "HANDLE") {
        return list(before.empty() ? "/v2/unmanaged" : path("/v2/volumes", {before}) + "/unmanaged-snapshots",
                    "unmanaged", "handle");
    }
    if (kind == "OPERATION")
        return list("/v2/operations", "operations", "id");
    if (kind == "SHELL")
        return {"bash", "fish", "zsh"};
    if (kind == "LANG")
        return {"c", "cpp"};
    return {};
}

// By the names of the files alone: what completes a command line must not run a stranger's code.
std::vector<std::string> driver_files(const std::string &folder) {
    std::error_code error;
    return Catalog(folder.empty() ? default_driver_folder() : std::filesystem::absolute(folder, error))
        .names();
}

// Never an error: a shell that completes has nowhere to show one.
Exit print_completion(const CLI::App &app, const std::vector<std::string> &words,
                      const Surroundings &around) {
    Context context(around, {.socket = value_among(words, "--socket"), .quiet = true, .timeout_seconds = 2});
    const auto source = [&](std::string_view kind, const std::string &before) -> std::vector<std::string> {
        std::vector<std::string> names;
        if (kind == "DRIVER")
            names = driver_files(value_among(words, "--driver-dir"));
        try {
            std::ranges::move(names_of_kind(context.agent(), kind, before), std::back_inserter(names));
        } catch (const CommandFailed &) {
            // nobody to ask
        }
        return names;
    };
    for (const auto &word : complete(app, words, source))
        around.out << word << '\n';
    return Exit::ok;
}

Exit carry_out(const Action &action, const Globals &globals, const Surroundings &around) {
    Context context(around, globals);
    try {
        return action(context);
    } catch (const CommandFailed &failed) {
        around.err << "drover: " << printable(failed.what()) << '\n';
        if (globals.json && failed.exit() != Exit::usage)
            context.print_json(boost::json::object{{"error", failed.error()}});
        return failed.exit();
    }
}

} // namespace

Exit run(const std::vector<std::string> &arguments, const Surroundings &around) {
    CLI::App app("Drover's volumes on this node: list, make, mount, snapshot, and see what is wrong.",
                 "drover");
    Globals globals;
    Action chosen;
    build(app, globals, chosen);
    if (!arguments.empty() && arguments.front() == "__complete")
        return print_completion(app, {arguments.begin() + 1, arguments.end()}, around);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError &wrong) {
        return report_usage(app, wrong, arguments, around);
    }
    return carry_out(chosen, globals, around);
}

} // namespace drover::cli
