// drover operation ls|wait.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/operation_text.hpp"

#include <fmt/format.h>

namespace drover::cli {
namespace {

struct ListOptions {
    bool running = false;
};

Exit list(Context &context, const ListOptions &options) {
    auto answer = context.agent().get("/v2/operations");
    if (options.running) {
        auto &operations = answer.as_object()["operations"].as_array();
        for (auto at = operations.begin(); at != operations.end();)
            at = flag_of(*at, "done") ? operations.erase(at) : at + 1;
    }
    if (context.json()) {
        context.print_json(answer);
        return Exit::ok;
    }
    const auto &operations = list_of(answer, "operations");
    if (context.quiet()) {
        for (const auto &operation : operations)
            context.out() << printable(text_of(operation, "id")) << '\n';
    } else {
        context.print(operation_table(operations, context.now()));
    }
    return Exit::ok;
}

struct WaitOptions {
    std::string id;
};

Exit wait(Context &context, const WaitOptions &options) {
    const auto operation = context.agent().follow(context.agent().get(path("/v2/operations", {options.id})));
    if (context.json())
        context.print_json(operation);
    context.report(fmt::format("{} {}: done", text_of(operation, "kind"), text_of(operation, "volume")));
    return Exit::ok;
}

} // namespace

void add_operation_commands(CLI::App &app, Action &chosen) {
    auto *operation = add_group(app, "operation", "What the agent works on, and what ended lately");
    add_command<ListOptions>(
        *operation, chosen, "ls", "List operations, the newest first",
        "  drover operation ls\n"
        "  drover operation ls --running",
        [](CLI::App &command, ListOptions &options) {
            command.add_flag("--running", options.running, "Only those that have not ended");
        },
        list);
    add_command<WaitOptions>(
        *operation, chosen, "wait", "Wait until an operation has ended; fails as it failed",
        "  drover operation wait 1f0c2a",
        [](CLI::App &command, WaitOptions &options) {
            command.add_option("operation", options.id, "Its id")->required()->type_name("OPERATION");
        },
        wait);
}

} // namespace drover::cli
