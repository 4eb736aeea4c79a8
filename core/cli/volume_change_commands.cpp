// drover volume extend|mount|unmount|clone.
#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/volume_spec.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace drover::cli {
namespace {

constexpr const char *kOwnUse = "drover-cli";

struct ExtendOptions {
    std::string name;
    std::string size;
};

Exit extend(Context &context, const ExtendOptions &options) {
    const bool is_relative = options.size.starts_with('+');
    auto bytes = size_argument(is_relative ? options.size.substr(1) : options.size);
    const auto target = path("/v2/volumes", {options.name});
    context.about_volume(options.name, [&] {
        if (is_relative) {
            const auto now = number_of(context.agent().get(target), "bytes");
            if (bytes > static_cast<std::uint64_t>(INT64_MAX) - now)
                fail_usage(fmt::format("{} more would be over 8 EiB", options.size.substr(1)));
            bytes += now;
        }
        const auto operation =
            context.agent().act("POST", target + "/extend", boost::json::object{{"bytes", bytes}});
        print_made_volume(context, operation, "extended");
    });
    return Exit::ok;
}

struct UseOptions {
    std::string name;
    std::string use = kOwnUse;

    void declare(CLI::App &command) {
        command.add_option("volume", name, "Name or id")->required()->type_name("VOLUME");
        command.add_option("--use", use, "Your own id of this use; each has its own count")
            ->type_name("ID")
            ->capture_default_str();
    }
};

Exit mount(Context &context, const UseOptions &options) {
    const auto target = path("/v2/volumes", {options.name});
    context.about_volume(options.name, [&] {
        context.agent().act("POST", target + "/mount", boost::json::object{{"use", options.use}});
        const auto volume = context.agent().get(target);
        const auto mountpoint = text_of(volume, "mountpoint");
        if (context.json()) {
            context.print_json(boost::json::object{{"mountpoint", mountpoint}, {"volume", volume}});
        } else {
            context.out() << printable(mountpoint) << '\n';
        }
    });
    return Exit::ok;
}

Exit unmount(Context &context, const UseOptions &options) {
    const auto target = path("/v2/volumes", {options.name});
    context.about_volume(options.name, [&] {
        context.agent().act("POST", target + "/unmount", boost::json::object{{"use", options.use}});
        const auto volume = context.agent().get(target);
        if (context.json())
            context.print_json(volume);
        const auto uses = number_of(volume, "uses");
        context.report(uses == 0 ? fmt::format("unmounted {}", options.name)
                                 : fmt::format("{} stays mounted: {} other use{}", options.name, uses,
                                               uses == 1 ? "" : "s"));
    });
    return Exit::ok;
}

struct CloneOptions {
    std::string source;
    std::string name;
    std::string snapshot;
    VolumeSpecOptions spec;
};

Exit clone(Context &context, const CloneOptions &options) {
    auto body = options.spec.to_json(options.name);
    boost::json::object source{{"volume", options.source}};
    if (!options.snapshot.empty())
        source["snapshot"] = options.snapshot;
    body["source"] = std::move(source);
    context.about_volume(options.source, [&] {
        print_made_volume(context, context.agent().act("POST", "/v2/volumes", std::move(body)), "cloned");
    });
    return Exit::ok;
}

} // namespace

void add_volume_change_commands(CLI::App &volume, Action &chosen) {
    add_command<ExtendOptions>(
        volume, chosen, "extend", "Grow a volume and its filesystem",
        "  drover volume extend data 20g      to 20 GiB at least\n"
        "  drover volume extend data +5g      by 5 GiB\n\n"
        "A mounted volume is grown while it is mounted, where backend and kernel can. Volumes never shrink.",
        [](CLI::App &command, ExtendOptions &options) {
            command.add_option("volume", options.name, "Name or id")->required()->type_name("VOLUME");
            command.add_option("size", options.size, "New size, or +SIZE for as much more")
                ->required()
                ->type_name("SIZE");
        },
        extend);
    add_command<UseOptions>(
        volume, chosen, "mount", "Mount a volume on this node and print where",
        "  cd \"$(drover volume mount data)\"\n"
        "  drover volume mount data --use backup\n\n"
        "Attaches it, formats it if it never was, and counts one use. It stays mounted until each use was "
        "taken\n"
        "back by unmount.",
        [](CLI::App &command, UseOptions &options) { options.declare(command); }, mount);
    add_command<UseOptions>(
        volume, chosen, "unmount", "Take one use back; after the last one unmount",
        "  drover volume unmount data\n"
        "  drover volume unmount data --use backup",
        [](CLI::App &command, UseOptions &options) { options.declare(command); }, unmount);
    add_command<CloneOptions>(
        volume, chosen, "clone", "Make a new volume from a volume or a snapshot",
        "  drover volume clone data data-test\n"
        "  drover volume clone data data-monday --snapshot monday\n"
        "  drover volume clone data bigger --size 50g",
        [](CLI::App &command, CloneOptions &options) {
            command.add_option("source", options.source, "Name or id of the source volume")
                ->required()
                ->type_name("VOLUME");
            command.add_option("name", options.name, "Name of the new volume")->required()->type_name("NAME");
            command
                .add_option("--snapshot", options.snapshot, "Of this snapshot of the source, instead of now")
                ->type_name("SNAPSHOT");
            options.spec.declare(command);
        },
        clone);
}

} // namespace drover::cli
