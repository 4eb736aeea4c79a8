// drover profile ls.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"

#include <fmt/format.h>

namespace drover::cli {
namespace {

struct ListOptions {
    std::string backend;
};

Exit list(Context &context, const ListOptions &options) {
    std::string target = "/v2/profiles";
    if (!options.backend.empty())
        target = with_query(target, "backend", options.backend);
    const auto answer = context.agent().get(target);
    if (context.json()) {
        context.print_json(answer);
        return Exit::ok;
    }
    Table table({{"NAME"}, {"DEFAULT"}, {"DESCRIPTION"}});
    for (const auto &profile : list_of(answer, "profiles")) {
        if (context.quiet()) {
            context.out() << printable(text_of(profile, "name")) << '\n';
        } else {
            table.add({text_of(profile, "name"), flag_of(profile, "default") ? "yes" : "no",
                       text_of(profile, "description")});
        }
    }
    if (!context.quiet())
        context.print(table);
    return Exit::ok;
}

} // namespace

void add_profile_commands(CLI::App &app, Action &chosen) {
    auto *profile = add_group(app, "profile", "Profiles that volumes can be made with");
    add_command<ListOptions>(
        *profile, chosen, "ls", "List the profiles of a backend",
        "  drover profile ls\n"
        "  drover profile ls --backend gold",
        [](CLI::App &command, ListOptions &options) {
            command.add_option("--backend", options.backend, "Of this backend; normally the default one")
                ->type_name("BACKEND");
        },
        list);
}

} // namespace drover::cli
