#include "core/connect/scsi_sight.hpp"

#include "core/connect/sysfs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace drover::connect {
namespace {

Device device_of(const ScsiDisk &disk, const std::string &wwid) {
    return {.path = "/dev/" + disk.name,
            .major = disk.major,
            .minor = disk.minor,
            .bytes = disk.bytes,
            .read_only = disk.read_only,
            .wwid = wwid};
}

Device device_of(const MultipathMap &map, const std::string &wwid) {
    return {.path = "/dev/" + map.kernel,
            .major = map.major,
            .minor = map.minor,
            .bytes = map.bytes,
            .read_only = map.read_only,
            .wwid = wwid};
}

// In this mount namespace.
bool is_mounted(const HostAccess &host, const ScsiDisk &disk) {
    const std::string wanted = fmt::format("{}:{}", disk.major, disk.minor);
    std::ifstream table(host.at("proc/self/mountinfo"));
    for (std::string line; std::getline(table, line);) {
        std::istringstream words(line);
        std::string id;
        std::string parent;
        std::string number;
        if (words >> id >> parent >> number && number == wanted)
            return true;
    }
    return false;
}

std::string what_was_found(const ScsiSight &sight) {
    std::vector<std::string> found;
    for (const auto &each : sight.disks) {
        found.push_back(each.identity == Identity::other ? fmt::format("{} is {}", each.disk.name, each.found)
                                                         : each.found);
    }
    std::erase(found, std::string());
    return fmt::format("{}", fmt::join(found, "; "));
}

tl::unexpected<Error> another_device(const std::string &where, const Connection &connection,
                                     const ScsiSight &sight) {
    return fail(Code::conflict, fmt::format("{} is another device than the volume {}: {}; it is left alone",
                                            where, connection.wwid, what_was_found(sight)));
}

Result<Device> judge_map(const Connection &connection, const ScsiSight &sight) {
    const MultipathMap &map = *sight.map;
    bool is_proven = false;
    for (const auto &path : map.paths) {
        const auto seen =
            std::ranges::find(sight.disks, path, [](const ProvenDisk &each) { return each.disk.name; });
        if (seen == sight.disks.end())
            continue; // it went away between two looks
        if (seen->identity == Identity::other) {
            return another_device(fmt::format("path {} of multipath map {}", path, map.name), connection,
                                  sight);
        }
        is_proven = is_proven || seen->identity == Identity::ours;
    }
    if (!is_proven) {
        return fail_retryable(
            Code::unreachable,
            fmt::format("no path of multipath map {} answers{}{}: the array or the network between is down",
                        map.name, map.paths.empty() ? " (it has none)" : ": ", what_was_found(sight)));
    }
    return device_of(map, connection.wwid);
}

} // namespace

std::vector<const ProvenDisk *> ScsiSight::proven() const {
    std::vector<const ProvenDisk *> ours;
    for (const auto &each : disks) {
        if (each.identity == Identity::ours)
            ours.push_back(&each);
    }
    return ours;
}

bool ScsiSight::is_path_of_map(const std::string &disk) const {
    return map && std::find(map->paths.begin(), map->paths.end(), disk) != map->paths.end();
}

std::uint64_t kernel_lun(const Connection &connection) {
    constexpr std::uint64_t kFlatSpace = 0x4000;
    const auto addressing = connection.attributes.find(kLunAddressing);
    const bool is_flat = addressing != connection.attributes.end() && addressing->second == "flat";
    return is_flat && connection.lun > 255 ? connection.lun | kFlatSpace : connection.lun;
}

ScsiSight look_at_scsi(const HostAccess &host, const Connection &connection,
                       const std::vector<Nexus> &nexuses, Deadline deadline, const ProvenBefore &known) {
    ScsiSight sight{.disks = {}, .map = find_map(host, connection.wwid)};
    const auto lun = kernel_lun(connection);
    auto disks = scsi_disks(host, [&](const ScsiDisk &disk) {
        const bool is_at_our_lun =
            disk.lun == lun && std::find(nexuses.begin(), nexuses.end(), disk.nexus) != nexuses.end();
        return is_at_our_lun || disk.remembers(connection.wwid) || sight.is_path_of_map(disk.name);
    });
    sight.disks = prove(std::move(disks), connection.wwid, deadline, known);
    return sight;
}

Result<Device> judge_scsi(const HostAccess &host, const Connection &connection, const ScsiSight &sight,
                          bool uses_maps) {
    if (sight.map)
        return judge_map(connection, sight);
    if (sight.disks.empty())
        return fail(Code::not_found, fmt::format("volume {} is not on this node", connection.wwid));
    const auto ours = sight.proven();
    if (ours.empty()) {
        const bool is_other = std::ranges::any_of(
            sight.disks, [](const ProvenDisk &each) { return each.identity == Identity::other; });
        if (is_other)
            return another_device(fmt::format("LUN {}", connection.lun), connection, sight);
        return fail_retryable(
            Code::unreachable,
            fmt::format("no path to volume {} answers: {}; the array or the network between "
                        "is down",
                        connection.wwid, what_was_found(sight)));
    }
    for (const auto *each : ours) {
        if (is_mounted(host, each->disk))
            return device_of(each->disk, connection.wwid);
    }
    if (uses_maps) {
        return fail_retryable(Code::not_found,
                              fmt::format("multipathd has not made a map of volume {} ({}) yet",
                                          connection.wwid, ours.front()->disk.name));
    }
    return device_of(ours.front()->disk, connection.wwid);
}

} // namespace drover::connect
