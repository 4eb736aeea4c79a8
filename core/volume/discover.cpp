#include "core/volume/discover.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace drover {

namespace {

bool is_filesystem_we_make(std::string_view kind) noexcept {
    return kind == "ext4" || kind == "xfs";
}

// Only doubts that decide something are kept, and the first one explains best.
void doubt(Sight &sight, Error error) {
    if (!sight.doubt)
        sight.doubt = std::move(error);
}

void look_at_backend(Sight &sight, const VolumeRecord &record, Driver &driver, const Node &node,
                     const CallContext &call) {
    auto volume = driver.get(call, record.id);
    if (!volume) {
        if (volume.error().code == Code::not_found) {
            sight.seen.backend = plan::Presence::absent;
        } else {
            doubt(sight, std::move(volume).error());
        }
        return;
    }
    if (volume->state == VolumeState::faulted) {
        doubt(sight, Error{.code = Code::unreachable,
                           .message = fmt::format("backend {} reports the volume as faulted", record.backend),
                           .retryable = true});
        sight.volume = std::move(*volume);
        return;
    }
    sight.volume = std::move(*volume);
    const BackendVolume &found = *sight.volume;
    sight.seen.backend = plan::Presence::present;
    sight.seen.backend_matches_owner = record.owner.empty() || record.owner == found.backend_id;

    const AttachRequest here{.volume_id = record.id, .node = node.identity};
    const auto &nodes = found.attached_nodes;
    const bool listed = std::find(nodes.begin(), nodes.end(), node.identity.id) != nodes.end();
    if (nodes.empty()) {
        sight.seen.attachment = plan::Attachment::nowhere;
        return;
    }
    auto connection = driver.resolve(call, here);
    if (connection) {
        sight.seen.attachment = plan::Attachment::here;
        sight.connection = std::move(*connection);
        if (!listed) {
            // Under a name that the backend did not know for this node's until it saw our initiators.
            if (auto again = driver.get(call, record.id))
                sight.volume = std::move(*again);
        }
        std::vector<std::string_view> others(nodes.begin(), nodes.end());
        std::erase(others, node.identity.id);
        sight.holder = fmt::format("{}", fmt::join(others, ", "));
    } else if (connection.error().code != Code::not_found) {
        doubt(sight, std::move(connection).error());
    } else if (listed) {
        // The backend remembers the attachment, but there is no way to the device (a local one, after a
        // reboot).
        sight.seen.attachment = plan::Attachment::here;
        sight.seen.device = plan::DeviceSeen::missing;
        doubt(sight, std::move(connection).error());
    } else {
        sight.seen.attachment = plan::Attachment::elsewhere;
        sight.holder = fmt::format("{}", fmt::join(nodes, ", "));
    }
}

void look_at_device(Sight &sight, const connect::Connectors &connectors, const CallContext &call) {
    if (!sight.connection)
        return;
    auto connector = connectors.for_protocol(sight.connection->protocol);
    if (!connector) {
        doubt(sight, std::move(connector).error());
        return;
    }
    auto device = (*connector)->find(*sight.connection, call.deadline);
    if (!device) {
        switch (device.error().code) {
        case Code::not_found:
            sight.seen.device = plan::DeviceSeen::missing;
            break;
        case Code::conflict:
        case Code::invalid:
            sight.seen.device = plan::DeviceSeen::wrong;
            break;
        default:
            break; // not looked: unknown
        }
        doubt(sight, std::move(device).error());
        return;
    }
    if (sight.volume && device->bytes < sight.volume->bytes) {
        sight.seen.device = plan::DeviceSeen::too_small;
        doubt(sight, Error{.code = Code::conflict,
                           .message = fmt::format("{} has {} bytes, the backend says {}",
                                                  device->path.string(), device->bytes, sight.volume->bytes),
                           .retryable = true});
    } else {
        sight.seen.device = plan::DeviceSeen::ready;
    }
    sight.device = std::move(*device);
}

void look_at_mounts(Sight &sight, const std::filesystem::path &target) {
    auto table = filesystem::mount_table();
    if (!table) {
        doubt(sight, std::move(table).error());
        return;
    }
    const auto is_device = [&](const filesystem::MountEntry &entry) {
        return sight.device && entry.major == sight.device->major && entry.minor == sight.device->minor;
    };
    std::size_t at_target = 0;
    bool elsewhere = false;
    for (const auto &entry : *table) {
        if (entry.target == target.native()) {
            ++at_target;
            sight.at_target = entry; // later entries lie on top
        } else if (is_device(entry) && entry.root == "/") {
            elsewhere = true;
        }
    }
    if (at_target == 0) {
        sight.seen.mount = elsewhere ? plan::MountSeen::wrong : plan::MountSeen::none;
        if (elsewhere) {
            doubt(sight, Error{.code = Code::conflict,
                               .message = fmt::format(
                                   "{} is mounted outside of Drover's mount point {}: unmount it there",
                                   sight.device->path.string(), target.string())});
        }
        return;
    }
    const bool right = at_target == 1 && is_device(*sight.at_target);
    sight.seen.mount = right ? plan::MountSeen::right : plan::MountSeen::wrong;
    if (!right) {
        doubt(sight, Error{.code = Code::conflict,
                           .message = fmt::format("{} on {} is not this volume's device: unmount it",
                                                  sight.at_target->source, target.string())});
    }
}

// What a probe of the device found, judged by the record.
void see_content(Sight &sight, const filesystem::Probe &probed, const VolumeRecord &record,
                 const DiscoverOptions &options) {
    plan::Observation &seen = sight.seen;
    sight.content = probed.kind;
    sight.content_uuid = probed.uuid;
    sight.reads_as_zero = probed.head_and_tail_zero;
    seen.content_has_our_uuid = !record.fs_uuid.empty() && probed.uuid == record.fs_uuid;
    if (probed.blank) {
        seen.content = plan::Content::blank;
        if (record.format != plan::Format::never || !options.zeroed)
            return;
        if (!probed.head_and_tail_zero) {
            seen.content = plan::Content::foreign;
            sight.content = "data without any signature";
        }
        return;
    }
    const bool ours = is_filesystem_we_make(probed.kind) && probed.signatures.size() == 1 &&
                      (record.fs_uuid.empty() ? record.format == plan::Format::inherited
                                              : probed.kind == record.fstype && seen.content_has_our_uuid);
    seen.content = ours ? plan::Content::expected : plan::Content::foreign;
}

void look_at_content(Sight &sight, const VolumeRecord &record, const DiscoverOptions &options,
                     const CallContext &call) {
    const connect::Device &device = *sight.device;
    if (options.probed != nullptr && device.path.native() == options.probed_device) {
        see_content(sight, *options.probed, record, options);
        return;
    }
    const bool should_be_blank =
        record.created_by_us && !record.source &&
        (record.format == plan::Format::never || record.format == plan::Format::started);
    auto probed =
        filesystem::probe({.path = device.path, .major = device.major, .minor = device.minor}, call.deadline,
                          should_be_blank ? filesystem::Expect::blank : filesystem::Expect::anything);
    if (!probed) {
        sight.seen.content = plan::Content::unreadable;
        doubt(sight, std::move(probed).error());
        return;
    }
    see_content(sight, *probed, record, options);
}

} // namespace

plan::Discovered Sight::classify(const VolumeRecord &record) const {
    return plan::classify(seen, plan::Records{.current = true,
                                              .known = true,
                                              .intent = record.intent,
                                              .owned = !record.owner.empty(),
                                              .grant = true,
                                              .format = record.format});
}

Sight discover(const VolumeRecord &record, Driver &driver, const connect::Connectors &connectors,
               const Node &node, const DiscoverOptions &options, const CallContext &call) {
    Sight sight;
    look_at_backend(sight, record, driver, node, call);
    look_at_device(sight, connectors, call);
    look_at_mounts(sight, node.mount_target(record.id));
    if (sight.seen.device == plan::DeviceSeen::ready && sight.seen.mount == plan::MountSeen::none) {
        look_at_content(sight, record, options, call);
    }
    return sight;
}

} // namespace drover
