#include "core/cli/volume_spec.hpp"

#include "core/cli/commands.hpp"
#include "core/cli/json_text.hpp"
#include "core/cli/volume_text.hpp"
#include "core/config/size.hpp"

#include <CLI/Validators.hpp>
#include <fmt/format.h>

namespace drover::cli {

std::uint64_t size_argument(const std::string &text) {
    const auto bytes = parse_size(text);
    if (!bytes)
        fail_usage(bytes.error().message);
    if (*bytes == 0 || *bytes > static_cast<std::uint64_t>(INT64_MAX))
        fail_usage(fmt::format("a volume of {} cannot be: a size is between 1 byte and 8 EiB", text));
    return *bytes;
}

void VolumeSpecOptions::declare(CLI::App &command) {
    command.add_option("--size,-s", size, "Such as 10g or 1.5TiB; units are powers of 1024")
        ->type_name("SIZE");
    command.add_option("--backend", backend, "Where it is made; normally the default backend")
        ->type_name("BACKEND");
    command.add_option("--profile", profile, "A profile of the backend (drover profile ls)")
        ->type_name("PROFILE");
    command.add_option("--pool", pool, "A pool of the backend")->type_name("POOL");
    command.add_option("--fstype", fstype, "ext4 or xfs")
        ->type_name("FSTYPE")
        ->check(CLI::IsMember({"ext4", "xfs"}).description(""));
    command
        .add_option("--subfolder", subfolder, "Give users this folder of the filesystem instead of its root")
        ->type_name("NAME");
    command.add_option("--mode", mode, "Permissions of the root folder, octal")->type_name("MODE");
    command.add_option("--uid", uid, "Owner of the root folder")->type_name("UID");
    command.add_option("--gid", gid, "Group of the root folder")->type_name("GID");
}

boost::json::object VolumeSpecOptions::to_json(const std::string &name) const {
    boost::json::object spec{{"name", name}};
    const auto add = [](boost::json::object &object, const char *key, const std::string &value) {
        if (!value.empty())
            object[key] = value;
    };
    if (!size.empty())
        spec["bytes"] = size_argument(size);
    add(spec, "backend", backend);
    add(spec, "profile", profile);
    add(spec, "pool", pool);
    add(spec, "fstype", fstype);
    boost::json::object root;
    add(root, "mode", mode);
    add(root, "subfolder", subfolder);
    if (uid)
        root["uid"] = *uid;
    if (gid)
        root["gid"] = *gid;
    if (!root.empty())
        spec["root"] = std::move(root);
    return spec;
}

void print_made_volume(Context &context, const boost::json::value &operation, std::string_view what) {
    const auto volume = context.agent().get(path("/v2/volumes", {text_of(operation, "result_id")}));
    if (context.json()) {
        context.print_json(volume);
    } else if (context.quiet()) {
        context.out() << printable(text_of(volume, "name")) << '\n';
    } else {
        const auto profile = text_of(volume, "profile");
        context.report(fmt::format("{} {}: {} on {}{}", what, text_of(volume, "name"),
                                   shown_size(volume, "bytes"), text_of(volume, "backend"),
                                   profile.empty() ? "" : fmt::format(", profile {}", profile)));
    }
}

} // namespace drover::cli
