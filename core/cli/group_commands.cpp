// drover group ls|create|inspect|add|remove|rm|snapshot|snapshots|snapshot-rm.
#include "core/cli/commands.hpp"
#include "core/cli/failure.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/moment.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

// The names of the volumes in a list of members; the ids of those that have none here.
std::string volumes_of(const boost::json::value &object, std::string_view key) {
    std::string names;
    if (const auto *members = value_of(object, key).if_array()) {
        for (const auto &member : *members) {
            const auto name = text_of(member, "volume");
            names += names.empty() ? "" : ", ";
            names += name.empty() ? text_of(member, "volume_id") : name;
        }
    }
    return names;
}

Cell status_of(const boost::json::value &object) {
    const auto status = text_of(object, "status");
    return {std::string(status), color_of(status)};
}

boost::json::array texts(const std::vector<std::string> &names) {
    return boost::json::array(names.begin(), names.end());
}

struct NoOptions {};

Exit list(Context &context, const NoOptions &) {
    const auto answer = context.agent().get("/v2/groups");
    if (context.json()) {
        context.print_json(answer);
        return Exit::ok;
    }
    Table table(
        {{"NAME"}, {"STATUS"}, {"BACKEND"}, {"SNAPSHOTS", Align::right}, {"AGE", Align::right}, {"VOLUMES"}});
    for (const auto &group : list_of(answer, "groups")) {
        if (context.quiet())
            context.out() << printable(text_of(group, "name")) << '\n';
        table.add({text_of(group, "name"), status_of(group), text_of(group, "backend"),
                   std::to_string(number_of(group, "snapshots")),
                   age_of(text_of(group, "created_at"), context.now()), volumes_of(group, "volumes")});
    }
    if (!context.quiet())
        context.print(table);
    return Exit::ok;
}

struct GroupOptions {
    std::string group;
    std::string backend;
    std::vector<std::string> volumes;
    std::string snapshot;
    bool if_exists = false;

    void declare_group(CLI::App &command) {
        command.add_option("group", group, "Name or id of the group")->required()->type_name("GROUP");
    }
    void declare_volumes(CLI::App &command) {
        command.add_option("volumes", volumes, "Names or ids of the volumes")
            ->required()
            ->type_name("VOLUME");
    }
    [[nodiscard]] std::string target() const { return path("/v2/groups", {group}); }
};

// Shows the group that an act has made or changed.
void show_result(Context &context, const boost::json::value &operation, std::string_view done) {
    const auto group = context.agent().get(path("/v2/groups", {text_of(operation, "result_id")}));
    if (context.json()) {
        context.print_json(group);
    } else if (context.quiet()) {
        context.out() << printable(text_of(group, "name")) << '\n';
    }
    const auto volumes = volumes_of(group, "volumes");
    context.report(fmt::format("{} group {}: {}", done, text_of(group, "name"),
                               volumes.empty() ? "no volumes" : volumes));
}

Exit create(Context &context, const GroupOptions &options) {
    boost::json::object body{{"name", options.group}, {"volumes", texts(options.volumes)}};
    if (!options.backend.empty())
        body["backend"] = options.backend;
    show_result(context, context.agent().act("POST", "/v2/groups", std::move(body)), "created");
    return Exit::ok;
}

Exit change(Context &context, const GroupOptions &options, const char *key) {
    const auto operation = context.agent().act("POST", options.target() + "/volumes",
                                               boost::json::object{{key, texts(options.volumes)}});
    show_result(context, operation, "changed");
    return Exit::ok;
}

Exit inspect(Context &context, const GroupOptions &options) {
    const auto group = context.agent().get(options.target());
    if (context.json()) {
        context.print_json(group);
        return Exit::ok;
    }
    const auto answer = context.agent().get(options.target() + "/snapshots");
    std::string names;
    for (const auto &snapshot : list_of(answer, "group_snapshots"))
        names += (names.empty() ? "" : ", ") + std::string(text_of(snapshot, "name"));
    Sheet sheet;
    sheet.add("Name", text_of(group, "name"));
    sheet.add("Id", text_of(group, "id"));
    sheet.add("Status", status_of(group));
    sheet.add("Backend", text_of(group, "backend"));
    sheet.add("Volumes", volumes_of(group, "volumes"));
    sheet.add("Snapshots", names);
    sheet.add("Created", text_of(group, "created_at"));
    context.print(sheet);
    return Exit::ok;
}

void remove_at(Context &context, const std::string &target, const std::string &name, bool if_exists) {
    try {
        context.agent().act("DELETE", target, std::nullopt);
    } catch (const CommandFailed &failed) {
        if (failed.exit() != Exit::not_found || !if_exists)
            throw;
        return;
    }
    context.report(fmt::format("removed {}", name));
}

Exit remove(Context &context, const GroupOptions &options) {
    remove_at(context, options.target(), options.group, options.if_exists);
    return Exit::ok;
}

Exit take(Context &context, const GroupOptions &options) {
    const auto operation = context.agent().act("POST", options.target() + "/snapshots",
                                               boost::json::object{{"name", options.snapshot}});
    const auto snapshot =
        context.agent().get(path(options.target() + "/snapshots", {text_of(operation, "result_id")}));
    if (context.json()) {
        context.print_json(snapshot);
    } else if (context.quiet()) {
        context.out() << printable(text_of(snapshot, "name")) << '\n';
    }
    context.report(fmt::format("snapshot {} of {}: {}", text_of(snapshot, "name"), text_of(snapshot, "group"),
                               volumes_of(snapshot, "snapshots")));
    return Exit::ok;
}

Exit list_snapshots(Context &context, const GroupOptions &options) {
    const auto answer = context.agent().get(options.group.empty() ? std::string("/v2/group-snapshots")
                                                                  : options.target() + "/snapshots");
    if (context.json()) {
        context.print_json(answer);
        return Exit::ok;
    }
    Table table({{"GROUP"}, {"NAME"}, {"STATUS"}, {"CONSISTENT"}, {"AGE", Align::right}, {"VOLUMES"}});
    for (const auto &snapshot : list_of(answer, "group_snapshots")) {
        if (context.quiet())
            context.out() << printable(text_of(snapshot, "id")) << '\n';
        table.add({text_of(snapshot, "group"), text_of(snapshot, "name"), status_of(snapshot),
                   flag_of(snapshot, "filesystem_consistent") ? "yes" : "no",
                   age_of(text_of(snapshot, "created_at"), context.now()),
                   volumes_of(snapshot, "snapshots")});
    }
    if (!context.quiet())
        context.print(table);
    return Exit::ok;
}

Exit remove_snapshot(Context &context, const GroupOptions &options) {
    remove_at(context, path(options.target() + "/snapshots", {options.snapshot}), options.snapshot,
              options.if_exists);
    return Exit::ok;
}

void add_member_commands(CLI::App &group, Action &chosen) {
    const auto declare = [](CLI::App &command, GroupOptions &options) {
        options.declare_group(command);
        options.declare_volumes(command);
    };
    add_command<GroupOptions>(
        group, chosen, "add", "Add volumes to a group, all or none", "  drover group add shop db web",
        declare,
        [](Context &context, const GroupOptions &options) { return change(context, options, "add"); });
    add_command<GroupOptions>(
        group, chosen, "remove", "Take volumes out of a group; they stay as they are",
        "  drover group remove shop web", declare,
        [](Context &context, const GroupOptions &options) { return change(context, options, "remove"); });
}

void add_group_snapshot_commands(CLI::App &group, Action &chosen) {
    add_command<GroupOptions>(
        group, chosen, "snapshot", "Take snapshots of all volumes of a group at one instant",
        "  drover group snapshot shop monday\n"
        "  drover group snapshot shop          the name is made from the time\n\n"
        "Mounted filesystems are frozen around it. Each volume gets an ordinary snapshot of that name, as\n"
        "`drover snapshot ls` shows. The same name again gives the one that exists.",
        [](CLI::App &command, GroupOptions &options) {
            options.declare_group(command);
            command.add_option("name", options.snapshot, "Name of the snapshot")->type_name("NAME");
        },
        take);
    add_command<GroupOptions>(
        group, chosen, "snapshots", "List the snapshots of one group, or of all",
        "  drover group snapshots\n"
        "  drover group snapshots shop",
        [](CLI::App &command, GroupOptions &options) {
            command.add_option("group", options.group, "Name or id of the group")->type_name("GROUP");
        },
        list_snapshots);
    add_command<GroupOptions>(
        group, chosen, "snapshot-rm", "Destroy a snapshot of a group, with those of its volumes",
        "  drover group snapshot-rm shop monday\n"
        "  drover group snapshot-rm --if-exists shop monday",
        [](CLI::App &command, GroupOptions &options) {
            options.declare_group(command);
            command.add_option("snapshot", options.snapshot, "Name or id of the snapshot")
                ->required()
                ->type_name("GROUPSNAPSHOT");
            command.add_flag("--if-exists", options.if_exists, "An absent snapshot is no error");
        },
        remove_snapshot);
}

} // namespace

void add_group_commands(CLI::App &app, Action &chosen) {
    auto *group = add_group(app, "group", "Consistency groups: volumes that are snapshotted at one instant");
    add_command<NoOptions>(
        *group, chosen, "ls", "List the groups this node knows",
        "  drover group ls\n"
        "  drover --quiet group ls     only the names",
        [](CLI::App &, NoOptions &) {}, list);
    add_command<GroupOptions>(
        *group, chosen, "create", "Make a group of volumes of one backend",
        "  drover group create shop db web\n"
        "  drover group create shop --backend gold     without volumes\n\n"
        "A volume is in at most one group, and is not removed while it is in one. The same name and volumes\n"
        "again give the group that exists.",
        [](CLI::App &command, GroupOptions &options) {
            command.add_option("name", options.group, "Name of the group")->required()->type_name("NAME");
            command.add_option("volumes", options.volumes, "Names or ids of its volumes")
                ->type_name("VOLUME");
            command
                .add_option("--backend", options.backend,
                            "Its backend; normally that of its volumes, or the default one")
                ->type_name("BACKEND");
        },
        create);
    add_command<GroupOptions>(
        *group, chosen, "inspect", "Show everything about one group", "  drover group inspect shop",
        [](CLI::App &command, GroupOptions &options) { options.declare_group(command); }, inspect);
    add_member_commands(*group, chosen);
    add_command<GroupOptions>(
        *group, chosen, "rm", "Remove a group without snapshots; its volumes stay",
        "  drover group rm shop\n"
        "  drover group rm --if-exists shop",
        [](CLI::App &command, GroupOptions &options) {
            options.declare_group(command);
            command.add_flag("--if-exists", options.if_exists, "An absent group is no error");
        },
        remove);
    add_group_snapshot_commands(*group, chosen);
}

} // namespace drover::cli
