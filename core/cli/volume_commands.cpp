// drover volume ls|create|inspect|rm. What changes an existing volume is in volume_change_commands.cpp.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/volume_spec.hpp"
#include "core/cli/volume_text.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

struct ListOptions {
    std::string backend;
};

Exit list(Context &context, const ListOptions &options) {
    std::string target = "/v2/volumes";
    if (!options.backend.empty())
        target = with_query(target, "backend", options.backend);
    const auto answer = context.agent().get(target);
    if (context.json()) {
        context.print_json(answer);
        return Exit::ok;
    }
    const auto &volumes = list_of(answer, "volumes");
    if (context.quiet()) {
        for (const auto &volume : volumes)
            context.out() << printable(text_of(volume, "name")) << '\n';
    } else {
        context.print(volume_table(volumes, context.now()));
    }
    return Exit::ok;
}

struct InspectOptions {
    std::string name;
};

Exit inspect(Context &context, const InspectOptions &options) {
    context.about_volume(options.name, [&] {
        const auto target = path("/v2/volumes", {options.name});
        const auto volume = context.agent().get(target);
        if (context.json()) {
            context.print_json(volume);
        } else {
            const auto snapshots = context.agent().get(target + "/snapshots");
            context.print(volume_sheet(volume, list_of(snapshots, "snapshots"), context.now()));
        }
    });
    return Exit::ok;
}

struct CreateOptions {
    std::string name;
    std::string id;
    bool must_exist = false;
    VolumeSpecOptions spec;
};

Exit create(Context &context, const CreateOptions &options) {
    auto body = options.spec.to_json(options.name);
    if (!options.id.empty())
        body["id"] = options.id;
    if (options.must_exist)
        body["must_exist"] = true;
    print_made_volume(context, context.agent().act("POST", "/v2/volumes", std::move(body)), "volume");
    return Exit::ok;
}

struct RemoveOptions {
    std::vector<std::string> names;
    bool if_exists = false;
    bool keep = false;
    bool destroy = false;
};

void remove_one(Context &context, const std::string &name, const RemoveOptions &options) {
    const std::string_view policy = options.keep ? "keep" : options.destroy ? "destroy" : "destroy-if-ours";
    try {
        context.agent().act("DELETE", with_query(path("/v2/volumes", {name}), "policy", policy),
                            std::nullopt);
    } catch (const CommandFailed &failed) {
        if (failed.exit() != Exit::not_found || !options.if_exists)
            throw;
        return;
    }
    context.report(fmt::format("{} {}", options.keep ? "forgot" : "removed", name));
}

Exit remove(Context &context, const RemoveOptions &options) {
    for (const auto &name : options.names)
        context.about_volume(name, [&] { remove_one(context, name, options); });
    return Exit::ok;
}

} // namespace

void add_volume_commands(CLI::App &app, Action &chosen) {
    auto *volume = add_group(app, "volume", "Volumes: list, make, inspect, remove, change, mount");
    add_command<ListOptions>(
        *volume, chosen, "ls", "List the volumes this node knows",
        "  drover volume ls\n"
        "  drover volume ls --backend gold\n"
        "  drover --quiet volume ls          only the names\n"
        "  drover --json volume ls | jq -r '.volumes[] | select(.status == \"error\") | .name'",
        [](CLI::App &command, ListOptions &options) {
            command.add_option("--backend", options.backend, "Only of this backend")->type_name("BACKEND");
        },
        list);
    add_command<CreateOptions>(
        *volume, chosen, "create", "Make a volume, or take the one that exists in the same shape",
        "  drover volume create data --size 10g\n"
        "  drover volume create db --size 200g --profile gold --fstype xfs --backend array1\n"
        "  drover volume create pg --size 20g --subfolder data --mode 0700 --uid 999 --gid 999",
        [](CLI::App &command, CreateOptions &options) {
            command.add_option("name", options.name, "Name of the volume")->required()->type_name("NAME");
            options.spec.declare(command);
            command
                .add_option("--id", options.id, "Its UUID; normally made from the cluster's id and the name")
                ->type_name("UUID");
            command.add_flag("--must-exist", options.must_exist,
                             "Only take a volume that exists on the backend; never make one");
        },
        create);
    add_command<InspectOptions>(
        *volume, chosen, "inspect", "Show everything about one volume",
        "  drover volume inspect data\n"
        "  drover --json volume inspect data | jq -r .mountpoint",
        [](CLI::App &command, InspectOptions &options) {
            command.add_option("volume", options.name, "Name or id")->required()->type_name("VOLUME");
        },
        inspect);
    add_command<RemoveOptions>(
        *volume, chosen, "rm", "Remove volumes that are not in use",
        "  drover volume rm data\n"
        "  drover volume rm --if-exists old1 old2\n"
        "  drover volume rm --keep data     forget it here; the data stays on the backend\n\n"
        "Without --keep and --destroy, what Drover created is destroyed with its data, and what it adopted "
        "stays\n"
        "on the backend. A volume in use, or with snapshots, is refused.",
        [](CLI::App &command, RemoveOptions &options) {
            command.add_option("volume", options.names, "Names or ids")->required()->type_name("VOLUME");
            command.add_flag("--if-exists", options.if_exists, "An absent volume is no error");
            auto *keep = command.add_flag("--keep", options.keep, "Only forget it here");
            command.add_flag("--destroy", options.destroy, "Destroy it, also when it was adopted")
                ->excludes(keep);
        },
        remove);
    add_volume_change_commands(*volume, chosen);
    add_volume_shape_commands(*volume, chosen);
    add_volume_manage_commands(*volume, chosen);
}

} // namespace drover::cli
