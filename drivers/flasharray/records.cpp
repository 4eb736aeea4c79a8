#include "drivers/flasharray/records.hpp"

#include <algorithm>
#include <utility>

namespace flasharray {

namespace {

std::vector<drv::Text> nodes_of(const std::vector<ConnectionRow> &connections, const Hosts &hosts) {
    std::vector<drv::Text> nodes;
    for (const ConnectionRow &connection : connections) {
        drv::Text node(hosts.node_of(connection.host));
        if (std::ranges::find(nodes, node) == nodes.end())
            nodes.push_back(std::move(node));
    }
    return nodes;
}

} // namespace

drv::Volume volume_record(const Located &volume, const std::vector<ConnectionRow> &connections,
                          const Hosts &hosts, std::string profile) {
    return {.id = volume.name.id,
            .backend_id = volume.row.serial,
            .profile = std::move(profile),
            .parent = volume.name.parent,
            .bytes = volume.row.bytes,
            .created_unix_ns = volume.row.created_unix_ns,
            .attached_nodes = nodes_of(connections, hosts),
            .attributes = {{"array_volume", volume.row.name}}};
}

drv::Volume snapshot_record(const VolumeRow &row, const SnapshotName &name, std::string_view volume_id) {
    drv::Volume snapshot{.is_snapshot = true,
                         .id = name.id,
                         .backend_id = row.serial,
                         .parent = volume_id,
                         .bytes = row.bytes,
                         .created_unix_ns = row.created_unix_ns,
                         .attributes = {{"array_snapshot", row.name}}};
    if (!name.group_snapshot.empty())
        snapshot.attributes.push_back({"group_snapshot", name.group_snapshot});
    return snapshot;
}

drv::Volume unmanaged_record(const VolumeRow &row, const std::vector<ConnectionRow> &connections,
                             const Hosts &hosts, const std::string &refused) {
    drv::Volume volume{.backend_id = row.serial,
                       .bytes = row.bytes,
                       .created_unix_ns = row.created_unix_ns,
                       .attached_nodes = nodes_of(connections, hosts),
                       .attributes = {{"array_volume", row.name}}};
    if (row.seconds_left) {
        volume.attributes.push_back(
            {"destroyed", "eradicated in " + std::to_string(*row.seconds_left) + " s"});
    }
    if (!refused.empty())
        volume.attributes.push_back({"refused", refused});
    return volume;
}

std::string wwid_of(std::string_view serial) {
    return "624a9370" + std::string(serial);
}

std::vector<drv::Path> paths_of(const std::vector<PortRow> &ports, const Config &config) {
    std::vector<drv::Path> paths;
    bool has_any = false;
    for (const PortRow &port : ports) {
        if (config.protocol == Protocol::fibre_channel) {
            if (!port.wwn.empty())
                paths.push_back({.portal = "", .target = port.wwn});
            continue;
        }
        if (port.iqn.empty() || port.portal.empty())
            continue;
        has_any = true;
        const bool is_wanted =
            config.networks.empty() || std::ranges::any_of(config.networks, [&](const Network &each) {
                return each.has_portal(port.portal);
            });
        if (is_wanted)
            paths.push_back({.portal = port.portal, .target = port.iqn});
    }
    if (paths.empty()) {
        throw drv::Error(drv::Code::unsupported,
                         config.protocol == Protocol::fibre_channel
                             ? "the array has no Fibre Channel port: set pure_storage_protocol to ISCSI"
                         : has_any
                             ? "none of the array's iSCSI portals is in the networks of pure_iscsi_cidr"
                             : "the array has no iSCSI port: set pure_storage_protocol to FIBRE_CHANNEL, "
                               "or give its ports addresses");
    }
    // The same every time, whatever order the array has them in.
    std::ranges::sort(paths, [](const drv::Path &a, const drv::Path &b) {
        return std::pair(a.portal.view(), a.target.view()) < std::pair(b.portal.view(), b.target.view());
    });
    const auto doubled = std::unique(paths.begin(), paths.end(), [](const drv::Path &a, const drv::Path &b) {
        return a.portal == b.portal && a.target == b.target;
    });
    paths.erase(doubled, paths.end());
    return paths;
}

drv::Connection connection_record(std::string_view serial, std::uint64_t lun, std::vector<drv::Path> paths,
                                  const Config &config) {
    drv::Connection connection{.protocol = config.protocol == Protocol::iscsi ? drv::Protocol::iscsi
                                                                              : drv::Protocol::fc,
                               .wwid = wwid_of(serial),
                               .lun = lun,
                               .paths = std::move(paths)};
    if (config.chap) {
        connection.auth_user = config.chap->user;
        connection.auth_secret_key = "pure_chap_host_password";
    }
    if (config.target_chap) {
        connection.attributes = {{"chap-mutual-user", config.target_chap->user},
                                 {"chap-mutual-secret-key", "pure_chap_target_password"}};
    }
    return connection;
}

} // namespace flasharray
