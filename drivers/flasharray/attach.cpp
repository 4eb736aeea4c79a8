// Connections of volumes to the host objects of nodes.
#include "drivers/flasharray/driver.hpp"

#include <algorithm>

namespace flasharray {

namespace {

using drv::Code;
using drv::Error;

constexpr std::chrono::minutes kPortsAreFresh{5}; // people give ports addresses seldom

} // namespace

std::vector<drv::Path> FlashArray::paths(const Limit &limit) {
    const auto now = std::chrono::steady_clock::now();
    std::vector<PortRow> ports;
    {
        const std::lock_guard lock(mutex_);
        if (!ports_.empty() && now - ports_taken_ < kPortsAreFresh)
            ports = ports_;
    }
    if (ports.empty()) {
        const RestVersion version = objects_.version(limit);
        if (config_.protocol == Protocol::nvme_tcp && version < kNvme) {
            throw Error(Code::unsupported, "pure_storage_protocol NVME_TCP needs REST 1.16 or newer, and the "
                                           "newest that the array offers is " +
                                               version.text() + ": upgrade its Purity, or set it to ISCSI");
        }
        ports = objects_.ports(limit);
        const std::lock_guard lock(mutex_);
        ports_ = ports;
        ports_taken_ = now;
    }
    return paths_of(ports, config_);
}

drv::Connection FlashArray::connection(const Limit &limit, std::string_view serial,
                                       const ConnectionRow &row) {
    return connection_record(serial, row.lun, paths(limit), config_);
}

// The array lets any number of hosts have a volume, so one node at a time is this function's job: it looks
// before it connects, and once more after that. Of two nodes that come at once both may draw back and are
// told to try again; never do both go on.
ConnectionRow FlashArray::connect(const Limit &limit, const drv::AttachRequest &request,
                                  const Initiators &initiators, const std::string &volume_name,
                                  const Connections &before) {
    const auto refuse_others = [&](const Connections &connections, std::string_view host) {
        for (const ConnectionRow &row : connections) {
            if (config_.multi_attach || is_same_name(row.host, host))
                continue;
            throw Error(Code::conflict, "volume " + std::string(request.id) + " is attached to node " +
                                            hosts_.node_of(row.host) + ", the array says");
        }
    };
    refuse_others(before, {});
    for (int tries = 1;; ++tries) {
        const std::string host = hosts_.ensure(limit, request.node_id, initiators);
        bool is_new = false;
        try {
            is_new = objects_.connect(limit, host, volume_name);
        } catch (const RefusedError &error) {
            // The host object went away: look for it again. The volume did: the caller finds out.
            if (error.refusal == Refusal::host_missing && tries < 3) {
                hosts_.forget(request.node_id);
                continue;
            }
            throw;
        }
        const auto after = after_change([&] { return objects_.connections_of(limit, volume_name); });
        if (!after)
            throw Error(Code::not_found, "volume " + std::string(request.id) + " went away on the array");
        try {
            refuse_others(*after, host);
        } catch (Error &error) {
            if (is_new)
                after_change([&] { objects_.disconnect(limit, host, volume_name); });
            throw std::move(error).retryable();
        }
        const auto own = std::ranges::find_if(
            *after, [&](const ConnectionRow &row) { return is_same_name(row.host, host); });
        if (own == after->end())
            throw lied("connected " + volume_name + " to " + host + ", and has no such connection");
        return *own;
    }
}

drv::Connection FlashArray::attach(drv::Call &call, const drv::AttachRequest &request) {
    check_uuid(request.id, "volume");
    if (request.read_only)
        throw Error(Code::unsupported, "a FlashArray has no read-only connections");
    const Initiators initiators = initiators_of(request);
    // Name and serial are known from before, mostly. What was destroyed and made anew by another agent
    // since shows when the host looks at the device's WWID, and is read again here when nothing answers to
    // the name.
    for (bool is_fresh = false;; is_fresh = true) {
        std::optional<Known> volume = known(request.id);
        if (!volume || is_fresh) {
            const Located found = must_find(call, request.id);
            volume = Known{found.row.name, found.row.serial};
            is_fresh = true;
        }
        const auto connections = objects_.connections_of(call, volume->name);
        if (!connections) {
            if (!is_fresh)
                continue;
            throw Error(Code::not_found, "volume " + std::string(request.id) + " went away on the array");
        }
        if (const auto own = hosts_.own(call, request.node_id, initiators, *connections)) {
            // Again: nothing is connected, but the host object may lack an initiator or CHAP.
            if (!initiators.empty())
                static_cast<void>(hosts_.ensure(call, request.node_id, initiators));
            return connection(call, volume->serial, *own);
        }
        const auto where = paths(call); // before anything is connected that nobody could reach
        const ConnectionRow row = connect(call, request, initiators, volume->name, *connections);
        return connection_record(volume->serial, row.lun, where, config_);
    }
}

drv::Connection FlashArray::resolve(drv::Call &call, const drv::AttachRequest &request) {
    const Located volume = must_find(call, request.id);
    const auto own = hosts_.own(call, request.node_id, initiators_of(request), connections_of(call, volume));
    if (!own) {
        throw Error(Code::not_found, "volume " + std::string(request.id) + " is not attached to node " +
                                         std::string(request.node_id));
    }
    return connection(call, volume.row.serial, *own);
}

void FlashArray::detach(drv::Call &call, const drv::AttachRequest &request) {
    check_uuid(request.id, "volume");
    // As in attach, the name is known from before, mostly.
    std::string name;
    std::optional<Connections> connections;
    if (const auto before = known(request.id)) {
        name = before->name;
        connections = objects_.connections_of(call, name);
    }
    if (!connections) {
        const auto volume = find_volume(call, request.id);
        if (!volume)
            return;
        name = volume->row.name;
        connections = objects_.connections_of(call, name);
        if (!connections)
            return;
    }
    const auto own = hosts_.own(call, request.node_id, initiators_of(request), *connections);
    if (!own)
        return;
    if (!own->host_group.empty()) {
        throw Error(Code::conflict, "volume " + name + " is connected to the host group " + own->host_group +
                                        " of the array, which people made: disconnect it there");
    }
    objects_.disconnect(call, own->host, name);
    after_change([&] {
        const auto left = objects_.connections_of(call, name).value_or(Connections());
        if (std::ranges::any_of(left, [&](const auto &row) { return is_same_name(row.host, own->host); }))
            throw lied("disconnected " + name + " from " + own->host + ", and still has the connection");
    });
}

} // namespace flasharray
