// drover node check|fence.
#include "core/cli/commands.hpp"
#include "core/cli/failure.hpp"
#include "core/cli/json_text.hpp"

#include <boost/json/object.hpp>
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

struct FenceOptions {
    std::string node;
    std::vector<std::string> backends;
    bool is_meant = false;
};

Exit fence(Context &context, const FenceOptions &options) {
    if (!options.is_meant) {
        throw CommandFailed(
            Exit::usage, Code::invalid,
            fmt::format("fencing takes every volume away from node {} at once, also those that it writes to: "
                        "say --yes when that node is dead or must be taken for dead",
                        options.node));
    }
    boost::json::array backends;
    backends.reserve(options.backends.size());
    for (const auto &backend : options.backends)
        backends.emplace_back(backend);
    const auto operation = context.agent().act("POST", path("/v2/nodes", {options.node}) + "/fence",
                                               boost::json::object{{"backends", std::move(backends)}});
    if (context.json())
        context.print_json(operation);
    context.report(fmt::format("node {} is fenced, {}", options.node, text_of(operation, "stage")));
    return Exit::ok;
}

} // namespace

void add_node_commands(CLI::App &app, Action &chosen) {
    auto *node = add_group(app, "node", "Nodes: what volumes need of this one, and cutting off another");
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
    add_command<FenceOptions>(
        *node, chosen, "fence", "Take all volumes away from another node that is dead",
        "  drover node fence node-b --yes\n"
        "  drover node fence node-b --yes --backend gold --backend silver\n\n"
        "The backend takes every volume from the node; when this succeeds, no write of it can arrive any "
        "more,\n"
        "and its volumes can be mounted elsewhere. What the node had not written yet is lost. Nothing is "
        "done\n"
        "on the node itself, and nothing keeps its agent from attaching volumes again: end it, or its "
        "network,\n"
        "first. Repeating is safe. A name that no backend knows is no error: look at what it is said to have "
        "had.",
        [](CLI::App &command, FenceOptions &options) {
            command
                .add_option("node", options.node,
                            "The node's id, as `drover volume inspect` shows it; not this node's")
                ->required()
                ->type_name("NODE");
            command
                .add_option("--backend", options.backends,
                            "Only from this backend; may be given several times. Normally from all")
                ->type_name("BACKEND")
                ->expected(1)
                ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
            command.add_flag("--yes", options.is_meant, "This is meant; nothing is done without it");
        },
        fence);
}

} // namespace drover::cli
