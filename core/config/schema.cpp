#include "core/config/schema.hpp"

#include <algorithm>
#include <array>

namespace drover {
namespace {

constexpr auto kSections = std::to_array<SchemaSection>({
    {"", false, "The file itself."},
    {"dataset", true, "The default backend, as Flocker has it; the driver's own keys stand beside these."},
    {"backends", false, "More backends, each under its name."},
    {"backends.*", true, "One backend; the driver's own keys stand beside these."},
    {"agent", false, "This node: its folders and its identity."},
    {"docker", false, "The Docker volume plugin."},
    {"logging", false,
     "What is logged. A Python logging dictionary, as Flocker has it, is accepted and ignored.", "version"},
    {"control-service", false, "Flocker's control service; accepted, but this agent runs that logic itself."},
});

using enum ValueKind;

constexpr auto kKeys = std::to_array<SchemaKey>({
    {"", "version", version, true, "", "", "Version of this file's format."},

    {"dataset", "backend", name, true, "", "",
     "Name of the default backend. An entry of `backends`, or the name of a driver whose keys stand here."},
    {"dataset", "driver", name, false, "", "",
     "Driver file <driver-dir>/<driver>.so; default: the backend's name."},
    {"dataset", "isolation", choice, false, "", "in-process|process",
     "Where the driver runs: inside the agent, or in a process of its own; default: process, for loopback "
     "in-process."},
    {"dataset", "run-as", name, false, "", "",
     "A user of this node that the driver's process runs as instead of root; for drivers that need no "
     "devices."},
    {"dataset", "sha256", sha256, false, "", "", "Refuse a driver file with any other SHA-256."},

    {"backends.*", "driver", name, false, "", "",
     "Driver file <driver-dir>/<driver>.so; default: the backend's name."},
    {"backends.*", "isolation", choice, false, "", "in-process|process",
     "Where the driver runs: inside the agent, or in a process of its own; default: process, for loopback "
     "in-process."},
    {"backends.*", "run-as", name, false, "", "",
     "A user of this node that the driver's process runs as instead of root; for drivers that need no "
     "devices."},
    {"backends.*", "sha256", sha256, false, "", "", "Refuse a driver file with any other SHA-256."},

    {"agent", "state-dir", directory, false, "/var/lib/drover", "", "Journal and records; survives reboots."},
    {"agent", "run-dir", directory, false, "/run/drover", "", "The API socket, <run-dir>/api.sock."},
    {"agent", "mount-root", directory, false, "/flocker", "",
     "Volumes are mounted at <mount-root>/<volume id>."},
    {"agent", "driver-dir", directory, false, "/usr/lib/drover/drivers", "",
     "Driver files; it and every folder above it must be writable by root only."},
    {"agent", "node-id", node_id, false, "", "",
     "This node's name towards arrays; default: a UUID derived from /etc/machine-id."},
    {"agent", "cluster-id", uuid, false, "", "",
     "The same on all nodes that share an array: volume ids are made of it and the volume's name."},
    {"agent", "multipath", choice, false, "preferred", "required|preferred|off",
     "Whether iSCSI and Fibre Channel volumes go through multipathd; preferred: where it runs."},

    {"docker", "enabled", boolean, false, "true", "", "Serve Docker at all."},
    {"docker", "plugin-dir", directory, false, "/run/docker/plugins", "",
     "Where Docker looks for plugin sockets."},
    {"docker", "names", names, false, "[drover, flocker]", "",
     "Sockets for the default backend; every backend has one of its own name besides."},
    {"docker", "implicit-create", boolean, false, "true", "",
     "docker run -v NAME:/path may create NAME. false: only docker volume create with an option does."},
    {"docker", "default-size", size, false, "10GiB", "", "Size of a volume created without one."},
    {"docker", "default-fstype", choice, false, "ext4", "ext4|xfs",
     "File system of a volume created without one."},
    {"docker", "remove", choice, false, "delete", "delete|keep",
     "What docker volume rm does: delete destroys the data; keep only forgets the name."},
    {"docker", "refcount", boolean, false, "true", "",
     "Count Mount and Unmount. false: for orchestrators that count themselves."},

    {"logging", "level", choice, false, "info", "debug|info|warn|error", "The least important lines to log."},
    {"logging", "format", choice, false, "text", "text|json", "Form of a log line."},

    {"control-service", "hostname", hostname, true, "", "", "Host name or address of the control service."},
    {"control-service", "port", port, false, "4524", "", "Its port for agents."},
});

} // namespace

std::span<const SchemaSection> schema_sections() noexcept {
    return kSections;
}
std::span<const SchemaKey> schema_keys() noexcept {
    return kKeys;
}

const SchemaSection *find_section(std::string_view path) noexcept {
    const auto *found = std::ranges::find(kSections, path, &SchemaSection::path);
    return found == kSections.end() ? nullptr : found;
}

const SchemaKey *find_key(std::string_view section, std::string_view name) noexcept {
    const auto *found = std::ranges::find_if(
        kKeys, [&](const SchemaKey &key) { return key.section == section && key.name == name; });
    return found == kKeys.end() ? nullptr : found;
}

std::vector<std::string> names_in(std::string_view section) {
    std::vector<std::string> found;
    for (const auto &key : kKeys) {
        if (key.section == section)
            found.emplace_back(key.name);
    }
    if (section.empty()) {
        for (const auto &inner : kSections) {
            if (!inner.path.empty() && inner.path.find('.') == std::string_view::npos)
                found.emplace_back(inner.path);
        }
    }
    return found;
}

std::string describe(const SchemaKey &key) {
    switch (key.kind) {
    case version:
        return "1";
    case name:
        return "a name: a lower case letter, then up to 62 of a-z, 0-9, _ and -";
    case names:
        return "a list of names: each a lower case letter, then up to 62 of a-z, 0-9, _ and -";
    case directory:
        return "an absolute path (not / itself, and no . or .. in it)";
    case node_id:
        return "a UUID, or a name of up to 63 letters, digits, '.', '_' and '-' that starts with a letter or "
               "digit";
    case uuid:
        return "a UUID such as 6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11";
    case hostname:
        return "a host name or an IP address";
    case port:
        return "a port number, 1 to 65535";
    case boolean:
        return "true or false";
    case size:
        return "a size of at least 1 MiB, such as 10GiB";
    case choice: {
        std::string text(key.choices);
        for (auto at = text.find('|'); at != std::string::npos; at = text.find('|'))
            text.replace(at, 1, text.find('|', at + 1) == std::string::npos ? " or " : ", ");
        return text;
    }
    case sha256:
        return "64 hexadecimal digits, as sha256sum prints them";
    }
    return {};
}

} // namespace drover
