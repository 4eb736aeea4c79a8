// drover node check.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::cli {
namespace {

struct CheckOptions {
    bool all = false;
};

Color color_of_level(std::string_view level) {
    if (level == "error")
        return Color::bad;
    return level == "warning" ? Color::wait : Color::none;
}

Exit check(Context &context, const CheckOptions &options) {
    const auto answer = context.agent().get("/v2/node/check");
    const auto &findings = list_of(answer, "findings");
    const bool is_well = std::ranges::none_of(
        findings, [](const auto &finding) { return text_of(finding, "level") == "error"; });
    const Exit exit = is_well ? Exit::ok : Exit::failed;
    if (context.json()) {
        context.print_json(answer);
        return exit;
    }
    if (context.quiet())
        return exit;
    Table table({{"CHECK"}, {"LEVEL"}, {"FOUND"}, {"WHAT TO DO"}});
    bool is_empty = true;
    for (const auto &finding : findings) {
        const auto level = text_of(finding, "level");
        if (!options.all && (level == "ok" || level == "note"))
            continue;
        is_empty = false;
        table.add({text_of(finding, "check"), Cell(std::string(level), color_of_level(level)),
                   text_of(finding, "message"), text_of(finding, "cure")});
    }
    if (is_empty) {
        context.out() << "This node lacks nothing that its backends need.\n";
    } else {
        context.print(table);
    }
    return exit;
}

} // namespace

void add_node_commands(CLI::App &app, Action &chosen) {
    auto *node = add_group(app, "node", "This node: what volumes need of it");
    add_command<CheckOptions>(
        *node, chosen, "check", "What this node lacks for its backends, and how to mend it",
        "  drover node check\n"
        "  drover node check --all\n"
        "  drover --quiet node check || drover node check\n\n"
        "Exit code 0 when volumes of every open backend can be connected, 1 when something is missing.",
        [](CLI::App &command, CheckOptions &options) {
            command.add_flag("--all,-a", options.all,
                             "Also what is in order, and what no backend here needs");
        },
        check);
}

} // namespace drover::cli
