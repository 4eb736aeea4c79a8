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

std::string why_no_path(Protocol protocol, bool has_any) {
    switch (protocol) {
    case Protocol::fibre_channel:
        return "the array has no Fibre Channel port: set pure_storage_protocol to ISCSI";
    case Protocol::nvme_tcp:
        return has_any ? "none of the array's NVMe/TCP portals is in the networks of pure_nvme_cidr"
                       : "the array has no NVMe port with an NQN and an address: give its Ethernet ports the "
                         "service nvme-tcp and addresses, or set pure_storage_protocol to ISCSI";
    case Protocol::iscsi:
        break;
    }
    return has_any
               ? "none of the array's iSCSI portals is in the networks of pure_iscsi_cidr"
               : "the array has no iSCSI port: set pure_storage_protocol to FIBRE_CHANNEL, or give its ports "
                 "addresses";
}

} // namespace

drv::Protocol abi_protocol(Protocol protocol) noexcept {
    switch (protocol) {
    case Protocol::fibre_channel:
        return drv::Protocol::fc;
    case Protocol::nvme_tcp:
        return drv::Protocol::nvme_tcp;
    case Protocol::iscsi:
        break;
    }
    return drv::Protocol::iscsi;
}

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

std::string wwid_of(std::string_view serial, Protocol protocol) {
    constexpr std::string_view kVendor = "24a937";
    if (protocol == Protocol::nvme_tcp) {
        return "00" + std::string(serial.substr(0, 14)) + std::string(kVendor) +
               std::string(serial.substr(14));
    }
    return "6" + std::string(kVendor) + "0" + std::string(serial);
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
        const std::string &target = config.protocol == Protocol::iscsi ? port.iqn : port.nqn;
        if (target.empty() || port.portal.empty())
            continue;
        has_any = true;
        const bool is_wanted =
            config.networks.empty() || std::ranges::any_of(config.networks, [&](const Network &each) {
                return each.has_portal(port.portal);
            });
        if (is_wanted)
            paths.push_back({.portal = port.portal, .target = target});
    }
    if (paths.empty())
        throw drv::Error(drv::Code::unsupported, why_no_path(config.protocol, has_any));
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
    drv::Connection connection{.protocol = abi_protocol(config.protocol),
                               .wwid = wwid_of(serial, config.protocol),
                               .lun = config.protocol == Protocol::nvme_tcp ? 0 : lun,
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
