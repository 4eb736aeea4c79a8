// drover snapshot ls|create|inspect|rm|revert. What people gave and get back is in manage_commands.cpp.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/volume_text.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

struct ListOptions {
    std::string volume;
};

Exit list(Context &context, const ListOptions &options) {
    const auto target =
        options.volume.empty() ? "/v2/snapshots" : path("/v2/volumes", {options.volume}) + "/snapshots";
    context.about_volume(options.volume, [&] {
        const auto answer = context.agent().get(target);
        if (context.json()) {
            context.print_json(answer);
            return;
        }
        const auto &snapshots = list_of(answer, "snapshots");
        if (!context.quiet()) {
            context.print(snapshot_table(snapshots, context.now()));
            return;
        }
        for (const auto &snapshot : snapshots)
            context.out() << printable(text_of(snapshot, "id")) << '\n';
    });
    return Exit::ok;
}

struct CreateOptions {
    std::string volume;
    std::string name;
};

Exit create(Context &context, const CreateOptions &options) {
    context.about_volume(options.volume, [&] {
        const auto operation =
            context.agent().act("POST", path("/v2/volumes", {options.volume}) + "/snapshots",
                                boost::json::object{{"name", options.name}});
        const auto snapshot = context.agent().get(path("/v2/snapshots", {text_of(operation, "result_id")}));
        if (context.json()) {
            context.print_json(snapshot);
        } else if (context.quiet()) {
            context.out() << printable(text_of(snapshot, "name")) << '\n';
        }
        context.report(
            fmt::format("snapshot {} of {}", text_of(snapshot, "name"), text_of(snapshot, "volume")));
    });
    return Exit::ok;
}

// One snapshot: by its volume and its name or id, or alone by its id (or its name, while that is unique).
struct OneOptions {
    std::string first;
    std::string second;
    bool if_exists = false;

    void declare(CLI::App &command) {
        command
            .add_option("volume", first,
                        "The volume; left out when SNAPSHOT is an id, or a name that no other "
                        "volume's snapshot has")
            ->required()
            ->type_name("VOLUME");
        command.add_option("snapshot", second, "Name or id of the snapshot")->type_name("SNAPSHOT");
    }
    [[nodiscard]] const std::string &snapshot() const { return second.empty() ? first : second; }
    [[nodiscard]] std::string target() const {
        return second.empty() ? path("/v2/snapshots", {first})
                              : path(path("/v2/volumes", {first}) + "/snapshots", {second});
    }
};

void about(Context &context, const OneOptions &options, const std::function<void()> &act) {
    if (options.second.empty()) {
        act();
    } else {
        context.about_volume(options.first, act);
    }
}

Exit inspect(Context &context, const OneOptions &options) {
    about(context, options, [&] {
        const auto snapshot = context.agent().get(options.target());
        if (context.json()) {
            context.print_json(snapshot);
        } else {
            context.print(snapshot_sheet(snapshot, context.now()));
        }
    });
    return Exit::ok;
}

Exit remove(Context &context, const OneOptions &options) {
    about(context, options, [&] {
        try {
            context.agent().act("DELETE", options.target(), std::nullopt);
        } catch (const CommandFailed &failed) {
            if (failed.exit() != Exit::not_found || !options.if_exists)
                throw;
            return;
        }
        context.report(fmt::format("removed {}", options.snapshot()));
    });
    return Exit::ok;
}

Exit revert(Context &context, const OneOptions &options) {
    about(context, options, [&] {
        const auto operation = context.agent().act("POST", options.target() + "/revert", std::nullopt);
        const auto volume = context.agent().get(path("/v2/volumes", {text_of(operation, "result_id")}));
        if (context.json())
            context.print_json(volume);
        context.report(
            fmt::format("{} holds the data of {} again", text_of(volume, "name"), options.snapshot()));
    });
    return Exit::ok;
}

} // namespace

void add_snapshot_commands(CLI::App &app, Action &chosen) {
    auto *snapshot = add_group(app, "snapshot", "Snapshots: list, take, inspect, remove, go back to one");
    add_command<ListOptions>(
        *snapshot, chosen, "ls", "List the snapshots of one volume, or of all",
        "  drover snapshot ls\n"
        "  drover snapshot ls data\n"
        "  drover --quiet snapshot ls data     only the ids",
        [](CLI::App &command, ListOptions &options) {
            command.add_option("volume", options.volume, "Name or id")->type_name("VOLUME");
        },
        list);
    add_command<CreateOptions>(
        *snapshot, chosen, "create", "Take a snapshot; a mounted filesystem is frozen around it",
        "  drover snapshot create data monday\n"
        "  drover snapshot create data          the name is made from the time\n\n"
        "The same name again gives the snapshot that exists.",
        [](CLI::App &command, CreateOptions &options) {
            command.add_option("volume", options.volume, "Name or id")->required()->type_name("VOLUME");
            command.add_option("name", options.name, "Name of the snapshot")->type_name("NAME");
        },
        create);
    const auto declare = [](CLI::App &command, OneOptions &options) { options.declare(command); };
    add_command<OneOptions>(*snapshot, chosen, "inspect", "Show everything about one snapshot",
                            "  drover snapshot inspect data monday", declare, inspect);
    add_command<OneOptions>(
        *snapshot, chosen, "rm", "Destroy a snapshot",
        "  drover snapshot rm data monday\n"
        "  drover snapshot rm --if-exists data monday",
        [](CLI::App &command, OneOptions &options) {
            options.declare(command);
            command.add_flag("--if-exists", options.if_exists, "An absent snapshot is no error");
        },
        remove);
    add_command<OneOptions>(*snapshot, chosen, "revert",
                            "Put a snapshot's data back into its volume, which must be in use nowhere",
                            "  drover snapshot revert data monday\n\n"
                            "What was written to the volume after the snapshot is lost.",
                            declare, revert);
    add_snapshot_manage_commands(*snapshot, chosen);
}

} // namespace drover::cli
