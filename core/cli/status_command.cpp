// drover status: is the agent well, and what needs a look?
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/operation_text.hpp"
#include "core/cli/volume_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

struct NoOptions {};

boost::json::array volumes_with_errors(const boost::json::array &volumes) {
    boost::json::array result;
    for (const auto &volume : volumes) {
        if (!value_of(volume, "error").is_null() || text_of(volume, "status") == "lost")
            result.push_back(volume);
    }
    return result;
}

boost::json::array running_of(const boost::json::array &operations) {
    boost::json::array result;
    for (const auto &operation : operations) {
        if (!flag_of(operation, "done"))
            result.push_back(operation);
    }
    return result;
}

Sheet health_sheet(const boost::json::value &health, Moment now) {
    Sheet sheet;
    const auto status = text_of(health, "status");
    sheet.add("Agent", {std::string(status), color_of(status)});
    sheet.add("Version", text_of(health, "version"));
    sheet.add("Up for", age_of(text_of(health, "started_at"), now));
    sheet.add("Node", text_of(health, "node_id"));
    sheet.add("Cluster", text_of(health, "cluster_id"));
    return sheet;
}

Table health_table(const boost::json::array &backends) {
    Table table({{"BACKEND"}, {"STATE"}, {"ERROR"}});
    for (const auto &backend : backends) {
        const auto state = text_of(backend, "state");
        table.add(
            {text_of(backend, "name"), Cell(std::string(state), color_of(state)), text_of(backend, "error")});
    }
    return table;
}

Table error_table(const boost::json::array &volumes, Moment now) {
    Table table({{"VOLUME"}, {"STATUS"}, {"SINCE", Align::right}, {"NEXT TRY"}, {"ERROR"}});
    for (const auto &volume : volumes) {
        const auto &error = value_of(volume, "error");
        const auto status = text_of(volume, "status");
        table.add({text_of(volume, "name"), Cell(std::string(status), color_of(status)),
                   age_of(text_of(error, "since"), now), error.is_null() ? "" : next_retry(error, now),
                   text_of(error, "message")});
    }
    return table;
}

Exit status(Context &context, const NoOptions &) {
    const auto health = context.agent().get("/v2/health");
    const auto all_volumes = context.agent().get("/v2/volumes");
    const auto all_operations = context.agent().get("/v2/operations");
    const auto &volumes = list_of(all_volumes, "volumes");
    auto wrong = volumes_with_errors(volumes);
    auto running = running_of(list_of(all_operations, "operations"));
    const bool is_well = text_of(health, "status") == "ok" && wrong.empty();
    const auto exit = is_well ? Exit::ok : Exit::failed;
    if (context.json()) {
        context.print_json(boost::json::object{{"health", health},
                                               {"volumes", volumes.size()},
                                               {"volumes_with_errors", std::move(wrong)},
                                               {"running_operations", std::move(running)}});
        return exit;
    }
    if (context.quiet())
        return exit;
    context.print(health_sheet(health, context.now()));
    context.out() << '\n';
    context.print(health_table(list_of(health, "backends")));
    context.out() << fmt::format("\nVolumes: {}, with errors: {}\n", volumes.size(), wrong.size());
    if (!wrong.empty())
        context.print(error_table(wrong, context.now()));
    context.out() << fmt::format("\nRunning operations: {}\n", running.size());
    if (!running.empty())
        context.print(operation_table(running, context.now()));
    return exit;
}

} // namespace

void add_status_command(CLI::App &app, Action &chosen) {
    add_command<NoOptions>(
        app, chosen, "status", "Whether the agent is well: backends, volumes with errors, running work",
        "  drover status\n"
        "  drover --quiet status || systemctl status drover-agent\n\n"
        "Exit code 0 when all is well, 1 when a backend is not ready or a volume has an error.",
        [](CLI::App &, NoOptions &) {}, status);
}

} // namespace drover::cli
