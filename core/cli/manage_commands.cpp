// What a backend has and Drover does not manage: drover volume unmanaged|adopt|recover|release, and drover
// snapshot unmanaged|adopt|release.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/manage_text.hpp"
#include "core/cli/volume_spec.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

void print_unmanaged(Context &context, const boost::json::value &answer) {
    if (context.json()) {
        context.print_json(answer);
        return;
    }
    const auto &rows = list_of(answer, "unmanaged");
    if (!context.quiet()) {
        context.print(unmanaged_table(rows, context.now()));
        return;
    }
    for (const auto &row : rows)
        context.out() << printable(text_of(row, "handle")) << '\n';
}

struct UnmanagedOptions {
    std::string backend;
    bool destroyed = false;
};

Exit unmanaged(Context &context, const UnmanagedOptions &options) {
    std::string target = "/v2/unmanaged";
    if (!options.backend.empty())
        target = with_query(target, "backend", options.backend);
    const auto answer = context.agent().get(target);
    if (!options.destroyed) {
        print_unmanaged(context, answer);
        return Exit::ok;
    }
    boost::json::array rows;
    for (const auto &row : list_of(answer, "unmanaged")) {
        if (!text_of(row, "destroyed").empty())
            rows.push_back(row);
    }
    print_unmanaged(context, boost::json::object{{"unmanaged", std::move(rows)}});
    return Exit::ok;
}

struct AdoptOptions {
    std::string handle;
    std::string name;
    std::string backend;

    void declare(CLI::App &command) {
        command.add_option("handle", handle, "The backend's id for it, as `volume unmanaged` shows it")
            ->required()
            ->type_name("HANDLE");
        command.add_option("name", name, "Its name here; normally the handle")->type_name("NAME");
        command.add_option("--backend", backend, "Of this backend; normally the default one")
            ->type_name("BACKEND");
    }
    [[nodiscard]] boost::json::object to_json() const {
        boost::json::object body{{"handle", handle}};
        if (!name.empty())
            body["name"] = name;
        if (!backend.empty())
            body["backend"] = backend;
        return body;
    }
};

Exit adopt(Context &context, const AdoptOptions &options) {
    print_made_volume(context, context.agent().act("POST", "/v2/unmanaged", options.to_json()), "adopted");
    return Exit::ok;
}

struct ReleaseOptions {
    std::string name;
};

Exit release(Context &context, const ReleaseOptions &options) {
    const auto target = path("/v2/volumes", {options.name});
    context.about_volume(options.name, [&] {
        const auto volume = context.agent().get(target);
        context.agent().act("POST", target + "/release", std::nullopt);
        if (context.json())
            context.print_json(volume);
        context.report(fmt::format("released {}: backend {} keeps it as {}", options.name,
                                   text_of(volume, "backend"), text_of(volume, "backend_id")));
    });
    return Exit::ok;
}

struct SnapshotAdoptOptions {
    std::string volume;
    std::string handle;
    std::string name;
};

Exit snapshot_unmanaged(Context &context, const ReleaseOptions &options) {
    context.about_volume(options.name, [&] {
        print_unmanaged(context,
                        context.agent().get(path("/v2/volumes", {options.name}) + "/unmanaged-snapshots"));
    });
    return Exit::ok;
}

Exit snapshot_adopt(Context &context, const SnapshotAdoptOptions &options) {
    boost::json::object body{{"handle", options.handle}};
    if (!options.name.empty())
        body["name"] = options.name;
    context.about_volume(options.volume, [&] {
        const auto operation = context.agent().act(
            "POST", path("/v2/volumes", {options.volume}) + "/unmanaged-snapshots", std::move(body));
        const auto snapshot = context.agent().get(path("/v2/snapshots", {text_of(operation, "result_id")}));
        if (context.json())
            context.print_json(snapshot);
        context.report(
            fmt::format("snapshot {} of {}", text_of(snapshot, "name"), text_of(snapshot, "volume")));
    });
    return Exit::ok;
}

struct SnapshotReleaseOptions {
    std::string volume;
    std::string snapshot;
};

Exit snapshot_release(Context &context, const SnapshotReleaseOptions &options) {
    context.about_volume(options.volume, [&] {
        const auto target = path(path("/v2/volumes", {options.volume}) + "/snapshots", {options.snapshot});
        const auto snapshot = context.agent().get(target);
        context.agent().act("POST", target + "/release", std::nullopt);
        if (context.json())
            context.print_json(snapshot);
        context.report(fmt::format("released snapshot {} of {}: its backend keeps it", options.snapshot,
                                   options.volume));
    });
    return Exit::ok;
}

} // namespace

void add_volume_manage_commands(CLI::App &volume, Action &chosen) {
    add_command<UnmanagedOptions>(
        volume, chosen, "unmanaged", "List what a backend has and Drover does not manage",
        "  drover volume unmanaged\n"
        "  drover volume unmanaged --backend array1 --destroyed\n"
        "  drover --quiet volume unmanaged          only the handles\n\n"
        "The last column says whether `drover volume adopt` can make it a volume of Drover's, or why not.",
        [](CLI::App &command, UnmanagedOptions &options) {
            command.add_option("--backend", options.backend, "Of this backend; normally the default one")
                ->type_name("BACKEND");
            command.add_flag("--destroyed", options.destroyed,
                             "Only what was destroyed and can be recovered");
        },
        unmanaged);
    add_command<AdoptOptions>(
        volume, chosen, "adopt", "Make a volume that a backend has one of Drover's",
        "  drover volume unmanaged\n"
        "  drover volume adopt 8A1F00D2 legacy-db --backend array1\n\n"
        "Its data stays as it is: Drover never formats what it adopts. It can be mounted when it carries "
        "ext4 "
        "or\n"
        "xfs. `drover volume rm` keeps it on the backend; with --destroy it destroys it.",
        [](CLI::App &command, AdoptOptions &options) { options.declare(command); }, adopt);
    add_command<AdoptOptions>(
        volume, chosen, "recover", "Bring a destroyed volume back, while the backend still keeps it",
        "  drover volume unmanaged --destroyed\n"
        "  drover volume recover 8A1F00D2 db\n\n"
        "The same as adopt: the name may be the one that it had, or any other that is free.",
        [](CLI::App &command, AdoptOptions &options) { options.declare(command); }, adopt);
    add_command<ReleaseOptions>(
        volume, chosen, "release", "Give a volume back to the people of its backend",
        "  drover volume release legacy-db\n\n"
        "Detaches it here, keeps its data on the backend, and forgets it. Refused while it is in use, in a "
        "group,\n"
        "or has snapshots.",
        [](CLI::App &command, ReleaseOptions &options) {
            command.add_option("volume", options.name, "Name or id")->required()->type_name("VOLUME");
        },
        release);
}

void add_snapshot_manage_commands(CLI::App &snapshot, Action &chosen) {
    add_command<ReleaseOptions>(
        snapshot, chosen, "unmanaged",
        "List the snapshots that a backend has of a volume and Drover does not manage",
        "  drover snapshot unmanaged data",
        [](CLI::App &command, ReleaseOptions &options) {
            command.add_option("volume", options.name, "Name or id")->required()->type_name("VOLUME");
        },
        snapshot_unmanaged);
    add_command<SnapshotAdoptOptions>(
        snapshot, chosen, "adopt", "Make a snapshot that a backend has one of Drover's",
        "  drover snapshot unmanaged data\n"
        "  drover snapshot adopt data 8A1F00D3 monday",
        [](CLI::App &command, SnapshotAdoptOptions &options) {
            command.add_option("volume", options.volume, "Name or id")->required()->type_name("VOLUME");
            command
                .add_option("handle", options.handle,
                            "The backend's id for it, as `snapshot unmanaged` shows it")
                ->required()
                ->type_name("HANDLE");
            command.add_option("name", options.name, "Its name here; normally the handle")->type_name("NAME");
        },
        snapshot_adopt);
    add_command<SnapshotReleaseOptions>(
        snapshot, chosen, "release", "Give a snapshot back to the people of its backend, who keep it",
        "  drover snapshot release data monday",
        [](CLI::App &command, SnapshotReleaseOptions &options) {
            command.add_option("volume", options.volume, "Name or id")->required()->type_name("VOLUME");
            command.add_option("snapshot", options.snapshot, "Name or id of the snapshot")
                ->required()
                ->type_name("SNAPSHOT");
        },
        snapshot_release);
}

} // namespace drover::cli
