#include "core/connect/scsi_connector.hpp"

#include "core/connect/connectors.hpp"
#include "core/connect/local_device.hpp"
#include "core/connect/scsi_appearance.hpp"
#include "core/connect/wwid.hpp"
#include "loader/base/child_call.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace drover::connect {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMaxLun = 16383;
constexpr auto kAppearLimit = 60s; // from its turn on
// More at a time do not come sooner: kernel, udev and multipathd make one after the other, and each of them
// runs some programs for each disk.
constexpr unsigned kAppearAtATime = 8;
constexpr auto kFlushLimit = 60s;
constexpr int kRemoveRounds = 3; // a late event may bring the map back
constexpr int kSteadyLooks = 3;  // of the grown size

Result<void> flush(const Device &device, Deadline deadline) {
    auto flushed = call_in_child(
        "flushing " + device.path.string(), deadline.earlier(Deadline::after(kFlushLimit)),
        [&]() -> Result<std::string> { return flush_local(device).map([] { return std::string(); }); });
    if (!flushed)
        return fail(std::move(flushed).error());
    return {};
}

Device device_of(const std::string &name, unsigned major, unsigned minor) {
    return {.path = "/dev/" + name, .major = major, .minor = minor, .wwid = {}};
}

} // namespace

ScsiConnector::ScsiConnector(Protocol protocol, HostAccess host, MultipathPolicy policy,
                             std::unique_ptr<Transport> transport)
    : protocol_(protocol), host_(std::move(host)), multipath_(host_, policy),
      transport_(std::move(transport)) {}

Result<void> ScsiConnector::check(const Connection &connection) const {
    if (connection.protocol != protocol_) {
        return fail(Code::invalid, fmt::format("the {} connector was given a connection by {}",
                                               to_string(protocol_), to_string(connection.protocol)));
    }
    if (!is_scsi_wwid(connection.wwid)) {
        return fail(
            Code::invalid,
            fmt::format("the driver's wwid \"{}\" is no NAA or EUI in lower-case hex: a device without "
                        "identity is not used",
                        connection.wwid));
    }
    if (connection.lun > kMaxLun)
        return fail(Code::invalid, fmt::format("the driver's LUN {} is above {}", connection.lun, kMaxLun));
    if (connection.paths.empty())
        return fail(Code::invalid, "the driver named no path to the volume");
    return transport_->check(connection);
}

ScsiSight ScsiConnector::look(const Connection &connection, Deadline deadline) const {
    return look_at_scsi(host_, connection, transport_->nexuses(connection), deadline);
}

std::vector<ScsiDisk> ScsiConnector::remembering(const Connection &connection) const {
    return scsi_disks(host_, [&](const ScsiDisk &disk) { return disk.remembers(connection.wwid); });
}

Result<Device> ScsiConnector::find(const Connection &connection, Deadline deadline) {
    if (auto good = check(connection); !good)
        return fail(std::move(good).error());
    return judge_scsi(host_, connection, look(connection, deadline), multipath_.is_used().value_or(true));
}

Turns &ScsiConnector::appearing(const std::string &target) {
    const std::lock_guard lock(appearing_mutex_);
    return appearing_.try_emplace(target, kAppearAtATime).first->second;
}

Result<Device> ScsiConnector::appear(const Connection &connection, const std::vector<Nexus> &nexuses,
                                     Deadline deadline) {
    auto uses_maps = multipath_.is_used();
    if (!uses_maps)
        return fail(std::move(uses_maps).error());
    // Those of another array do not wait for this one.
    const auto turn = appearing(connection.paths.front().target).take(deadline);
    if (!turn) {
        return fail_retryable(
            Code::deadline, fmt::format("volume {} was not looked for: {} others of its array are waited for",
                                        connection.wwid, kAppearAtATime));
    }
    ScsiAppearance appearance(host_, multipath_, connection, nexuses, *uses_maps);
    return appearance.wait(deadline.earlier(Deadline::after(kAppearLimit)));
}

Result<Device> ScsiConnector::connect(const Connection &connection, const Secrets &secrets,
                                      Deadline deadline) {
    if (auto good = check(connection); !good)
        return fail(std::move(good).error());
    auto uses_maps = multipath_.is_used();
    if (!uses_maps)
        return fail(std::move(uses_maps).error());
    if (!*uses_maps && connection.paths.size() > 1) {
        spdlog::warn("volume {}: one of {} paths will be used, since multipathd does not run here or "
                     "agent.multipath is off",
                     connection.wwid, connection.paths.size());
    }
    auto reached = transport_->reach(connection, secrets, !*uses_maps, deadline);
    if (!reached)
        return fail(std::move(reached).error());
    auto device = appear(connection, reached->nexuses, deadline);
    if (!device)
        return device;
    if (!reached->troubles.empty()) {
        spdlog::warn("volume {} works with {} of {} paths: {}", connection.wwid, reached->nexuses.size(),
                     connection.paths.size(), fmt::join(reached->troubles, "; "));
    }
    return device;
}

Result<void> ScsiConnector::remove_map(const Connection &connection, const MultipathMap &map,
                                       Deadline deadline) const {
    const bool is_alive = std::ranges::any_of(map.paths, [&](const std::string &path) {
        const auto disk = scsi_disk(host_, path);
        return disk && disk->is_running();
    });
    if (!is_alive) {
        // A flush would wait for a path for ever. The volume is unmounted, so nothing should be left to
        // write.
        if (auto stopped = multipath_.stop_queueing(map, deadline); !stopped)
            return stopped;
    }
    auto flushed = flush(device_of(map.kernel, map.major, map.minor), deadline);
    if (!flushed && flushed.error().code == Code::conflict) {
        if (const auto holders = holders_of(host_, map.kernel); !holders.empty())
            flushed.error().message += fmt::format(" (held by {})", fmt::join(holders, ", "));
        // Partitions that kpartx or udev put on it hold it; Multipath::remove takes those away.
        const auto holders = holders_of(host_, map.kernel);
        const bool only_partitions = !holders.empty() && std::ranges::all_of(holders, [](const auto &holder) {
            return holder.find(" (part") != std::string::npos;
        });
        if (!only_partitions)
            return flushed;
    } else if (!flushed && is_alive) {
        return flushed;
    } else if (!flushed) {
        spdlog::warn("volume {}: no path works: whatever was not written is lost ({})", connection.wwid,
                     flushed.error().message);
    }
    return multipath_.remove(connection.wwid, map, deadline);
}

// Those that remember the WWID, and those the map had: their memory is of the same device.
Result<void> ScsiConnector::remove_disks(const Connection &connection, const MultipathMap *map,
                                         Deadline deadline) const {
    std::vector<std::string> removed;
    Result<void> result;
    const auto is_of_volume = [&](const ScsiDisk &disk) {
        const bool was_path =
            map != nullptr && std::find(map->paths.begin(), map->paths.end(), disk.name) != map->paths.end();
        return disk.remembers(connection.wwid) || (was_path && disk.ids.empty());
    };
    for (const auto &disk : scsi_disks(host_, is_of_volume)) {
        if (map == nullptr && disk.is_running()) {
            // It may have been used without a map.
            if (auto flushed = flush(device_of(disk.name, disk.major, disk.minor), deadline); !flushed) {
                result = std::move(flushed);
                continue;
            }
        }
        if (auto deleted = delete_disk(host_, disk.name, deadline); !deleted) {
            result = std::move(deleted);
            continue;
        }
        removed.push_back(disk.name);
    }
    multipath_.forget(removed, deadline);
    return result;
}

Result<void> ScsiConnector::disconnect(const Connection &connection, Deadline deadline) {
    if (auto good = check(connection); !good)
        return good;
    for (int round = 0; round < kRemoveRounds; ++round) {
        const auto map = find_map(host_, connection.wwid);
        if (!map && remembering(connection).empty())
            return transport_->leave(connection, deadline);
        if (map) {
            if (auto removed = remove_map(connection, *map, deadline); !removed)
                return removed;
        }
        if (auto removed = remove_disks(connection, map ? &*map : nullptr, deadline); !removed)
            return removed;
    }
    return fail_retryable(Code::conflict,
                          fmt::format("volume {} comes back each time it is removed: something on this node "
                                      "scans for it or maps it again",
                                      connection.wwid));
}

Result<void> ScsiConnector::drop(const Connection &connection, Deadline deadline) {
    if (auto good = check(connection); !good)
        return good;
    const auto map = find_map(host_, connection.wwid);
    if (map) {
        if (auto stopped = multipath_.stop_queueing(*map, deadline); !stopped)
            return stopped;
    }
    std::vector<std::string> removed;
    for (const auto &disk : remembering(connection)) {
        if (auto deleted = delete_disk(host_, disk.name, deadline); !deleted)
            return deleted;
        removed.push_back(disk.name);
    }
    multipath_.forget(removed, deadline);
    if (const auto left = find_map(host_, connection.wwid)) {
        if (auto gone = multipath_.remove(connection.wwid, *left, deadline); !gone)
            return gone;
    }
    if (map || !removed.empty())
        spdlog::warn("volume {} was removed from this node without writing anything out", connection.wwid);
    return transport_->leave(connection, deadline);
}

Result<Device> ScsiConnector::rescan(const Connection &connection, std::uint64_t wanted_bytes,
                                     Deadline deadline) {
    if (auto good = check(connection); !good)
        return fail(std::move(good).error());
    const auto nexuses = transport_->nexuses(connection);
    auto device = find(connection, deadline);
    if (!device && device.error().code == Code::not_found && !nexuses.empty())
        device = appear(connection, nexuses, deadline);
    if (!device || device->bytes >= wanted_bytes)
        return device;
    return grow(connection, wanted_bytes, deadline);
}

Result<Device> ScsiConnector::grow(const Connection &connection, std::uint64_t wanted_bytes,
                                   Deadline deadline) const {
    Uevents events;
    int steady = 0;
    std::optional<Error> trouble;
    for (;;) {
        const auto sight = look(connection, deadline);
        for (const auto &each : sight.disks) {
            if (sight.is_path_of_map(each.disk.name) && each.identity == Identity::silent) {
                return fail_retryable(
                    Code::unreachable,
                    fmt::format("volume {} cannot grow on this node while a path is down: {}",
                                connection.wwid, each.found));
            }
        }
        bool paths_have_grown = true;
        for (const auto *each : sight.proven()) {
            if (each->disk.bytes >= wanted_bytes)
                continue;
            paths_have_grown = false;
            if (auto refreshed = refresh_disk(host_, each->disk.name, deadline); !refreshed)
                trouble = std::move(refreshed).error();
        }
        if (paths_have_grown && sight.map && sight.map->bytes < wanted_bytes) {
            if (auto resized = multipath_.resize(*sight.map, deadline); !resized)
                trouble = std::move(resized).error();
        }
        auto device = judge_scsi(host_, connection, sight, multipath_.is_used().value_or(true));
        if (!device && device.error().code != Code::not_found)
            return device;
        steady = device && device->bytes >= wanted_bytes ? steady + 1 : 0;
        if (steady >= kSteadyLooks)
            return device;
        if (deadline.has_passed()) {
            return fail_retryable(Code::deadline,
                                  fmt::format("volume {} has {} bytes on this node where {} are wanted{}{}",
                                              connection.wwid, device ? device->bytes : 0, wanted_bytes,
                                              trouble ? ": " : "", trouble ? trouble->message : ""));
        }
        if (steady == 0)
            events.wait(deadline);
    }
}

} // namespace drover::connect
