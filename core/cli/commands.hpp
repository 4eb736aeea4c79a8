// The commands, each group in its own file. Each function adds its subcommands to the program's command line;
// the one that the user names puts what it does into `chosen`.
//
// The type names of options and positionals (VOLUME, SNAPSHOT, BACKEND, ...) are also what shell completion
// goes by.
#pragma once

#include "core/cli/context.hpp"

#include <CLI/App.hpp>

#include <memory>
#include <string>
#include <utility>

namespace drover::cli {

void add_volume_commands(CLI::App &app, Action &chosen);
void add_volume_change_commands(CLI::App &volume,
                                Action &chosen); // extend, mount, unmount, clone: below `volume`
void add_volume_shape_commands(CLI::App &volume, Action &chosen);  // retype, qos: below `volume`
void add_volume_manage_commands(CLI::App &volume, Action &chosen); // unmanaged, adopt, recover, release
void add_snapshot_commands(CLI::App &app, Action &chosen);
void add_snapshot_manage_commands(CLI::App &snapshot, Action &chosen); // unmanaged, adopt, release
void add_group_commands(CLI::App &app, Action &chosen);
void add_driver_commands(CLI::App &app, Action &chosen);
void add_stats_command(CLI::App &driver, Action &chosen); // below `driver`
void add_profile_commands(CLI::App &app, Action &chosen);
void add_node_commands(CLI::App &app, Action &chosen);
void add_config_commands(CLI::App &app, Action &chosen);
void add_config_driver_commands(CLI::App &config, Action &chosen); // schema, example: below `config`
void add_sdk_commands(CLI::App &app, Action &chosen);
void add_status_command(CLI::App &app, Action &chosen);
void add_operation_commands(CLI::App &app, Action &chosen);
void add_completion_command(CLI::App &app, Action &chosen);
void add_version_command(CLI::App &app, Action &chosen);

inline constexpr const char *kSeeGlobal = "Global options and exit codes: drover --help";

// A command that only has subcommands.
inline CLI::App *add_group(CLI::App &app, const std::string &name, const std::string &summary) {
    auto *group = app.add_subcommand(name, summary);
    group->require_subcommand(1);
    group->footer(kSeeGlobal);
    return group;
}

// A subcommand whose options live in an `Options` of their own: `declare(command, options)` adds them to the
// command line, `act(context, options)` runs when it was chosen.
template <typename Options, typename Declare, typename Act>
void add_command(CLI::App &parent, Action &chosen, const std::string &name, const std::string &summary,
                 const std::string &examples, Declare declare, Act act) {
    auto options = std::make_shared<Options>();
    auto *command = parent.add_subcommand(name, summary);
    command->footer("Examples:\n" + examples + "\n\n" + kSeeGlobal);
    declare(*command, *options);
    command->callback([&chosen, options, act] {
        chosen = [options, act](Context &context) { return act(context, *options); };
    });
}

// A size as the user wrote it, in bytes; another text is wrong usage.
std::uint64_t size_argument(const std::string &text);

} // namespace drover::cli
