// The acts that ask the backend: create, own, attach, detach, destroy.
#include "core/volume/pass.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace drover {

// The intent is in the journal already; the token is the id, so that a repeat finds the volume of the first
// try.
Result<void> Converger::create(Pass &pass) {
    VolumeRecord &record = pass.record;
    if (!record.adopting.empty())
        return adopt(record, pass.task);
    pass.task.stage("creating on the backend");
    const CreateRequest request{.id = record.id,
                                .name = record.name,
                                .bytes = record.bytes,
                                .pool = record.pool,
                                .profile = record.profile};
    auto made = [&]() -> Result<BackendVolume> {
        if (!record.source)
            return perform(Step::act_create, [&] { return pass.driver->create(pass.task.call, request); });
        if (record.source->kind == VolumeSource::Kind::snapshot) {
            return perform(Step::act_snapshot_clone, [&] {
                return pass.driver->snapshot_clone(pass.task.call, record.source->snapshot, request);
            });
        }
        CreateRequest independent = request;
        independent.independent = true;
        return perform(Step::act_clone, [&] {
            return pass.driver->clone(pass.task.call, record.source->volume, independent);
        });
    }();
    if (!made)
        return fail(std::move(made).error());
    if (made->id != record.id || made->backend_id.empty()) {
        return fail(
            Code::internal,
            fmt::format(
                "driver {} answered create with another volume (id \"{}\"): report this to its vendor",
                pass.driver->description().name, made->id));
    }
    record.owner = made->backend_id;
    record.bytes = made->bytes;
    record.intent = false;
    spdlog::info("volume {} ({}): created on backend {} as {}, {} bytes", record.name, record.id,
                 record.backend, record.owner, record.bytes);
    // The caller does not wait for the disk: if a power loss takes this, the announcement is left, and the
    // next start asks the backend for what was made. It is written out right behind the answer
    // (finish_create). A copy would be made again, of what its source is then.
    return journal_.save(record, Step::create_record,
                         record.source ? Journal::Outlives::power_loss : Journal::Outlives::process);
}

// A repeat of what was done already finds it done.
Result<void> Converger::adopt(VolumeRecord &record, const Task &task) {
    auto driver = backends_.driver(record.backend);
    if (!driver)
        return fail(std::move(driver).error());
    task.stage("adopting");
    auto taken = perform(Step::act_adopt, [&] {
        return (*driver)->adopt(
            task.call,
            {.backend_id = record.adopting, .id = record.id, .name = record.name, .volume_id = {}});
    });
    if (!taken)
        return fail(std::move(taken).error());
    record.owner = taken->backend_id;
    record.bytes = taken->bytes;
    record.profile = taken->profile;
    record.pool = taken->pool;
    record.created_unix_ns = taken->created_unix_ns.value_or(record.created_unix_ns);
    record.intent = false;
    record.adopting.clear();
    spdlog::info("volume {} ({}): adopted from backend {}, where it is {}, {} bytes; it is never formatted",
                 record.name, record.id, record.backend, record.owner, record.bytes);
    return journal_.save(record, Step::manage_record);
}

Result<void> Converger::claim(Pass &pass) {
    VolumeRecord &record = pass.record;
    const BackendVolume &found = *pass.sight.volume;
    record.owner = found.backend_id;
    record.bytes = found.bytes;
    if (record.profile.empty())
        record.profile = found.profile;
    if (record.pool.empty())
        record.pool = found.pool;
    spdlog::info("volume {} ({}): taken over from backend {}, where it is {}", record.name, record.id,
                 record.backend, record.owner);
    return journal_.save(record, Step::claim_record);
}

Result<void> Converger::attach(Pass &pass) {
    VolumeRecord &record = pass.record;
    pass.task.stage("attaching");
    auto connection =
        perform(Step::act_attach, [&] { return pass.driver->attach(pass.task.call, pass.here(node_)); });
    if (!connection)
        return fail(std::move(connection).error());
    auto connector = connectors_.for_protocol(connection->protocol);
    if (!connector)
        return fail(std::move(connector).error());
    // On disk before the first side effect on this host: tear-down follows this record, not what is still
    // visible.
    record.connection = std::move(*connection);
    // A reboot forgets a local device, and what the journal says already is enough to detach.
    const bool ends_with_machine = record.connection->protocol == Protocol::local;
    if (auto saved =
            journal_.save(record, Step::attach_record,
                          ends_with_machine ? Journal::Outlives::process : Journal::Outlives::power_loss);
        !saved)
        return saved;
    pass.task.stage("connecting the device");
    const auto secrets = [&](const std::string &key) { return backends_.secret(record.backend, key); };
    auto device = perform(Step::act_connect, [&] {
        return (*connector)->connect(*record.connection, secrets, pass.task.call.deadline);
    });
    if (!device)
        return fail(std::move(device).error());
    return {};
}

Result<void> Converger::detach(Pass &pass) {
    VolumeRecord &record = pass.record;
    pass.task.stage("detaching");
    const std::optional<Connection> connection =
        record.connection ? record.connection : pass.sight.connection;
    if (connection) {
        auto connector = connectors_.for_protocol(connection->protocol);
        if (!connector)
            return fail(std::move(connector).error());
        auto gone = perform(Step::act_disconnect,
                            [&] { return (*connector)->disconnect(*connection, pass.task.call.deadline); });
        if (!gone && gone.error().code != Code::not_found)
            return fail(std::move(gone).error());
    }
    auto detached =
        perform(Step::act_detach, [&] { return pass.driver->detach(pass.task.call, pass.here(node_)); });
    if (!detached)
        return detached;
    auto after = pass.driver->get(pass.task.call, record.id);
    if (after) {
        const auto &nodes = after->attached_nodes;
        if (std::find(nodes.begin(), nodes.end(), node_.identity.id) != nodes.end()) {
            return fail_retryable(
                Code::conflict, fmt::format("backend {} still shows it attached to this node after a detach",
                                            record.backend));
        }
    } else if (after.error().code != Code::not_found) {
        return fail(std::move(after).error());
    }
    record.connection.reset();
    std::erase_if(record.uses, [](const auto &row) { return row.second.ending; }); // they are over
    return journal_.save(record, Step::detach_record);
}

// A connection is on record, and the backend says that there is none: an agent crashed between telling the
// backend and letting go of the device, or somebody detached it on the array. What is left here of it is
// ours by its identity, leads nowhere, and would stand in the way of the next attach. A local device goes
// with its driver.
Result<void> Converger::clear_leftovers(Pass &pass, plan::Discovered discovered) {
    using plan::Discovered;
    VolumeRecord &record = pass.record;
    const bool is_attached_nowhere_here =
        discovered == Discovered::detached || discovered == Discovered::elsewhere ||
        discovered == Discovered::elsewhere_fenced || discovered == Discovered::lost;
    if (!is_attached_nowhere_here || !record.connection || record.connection->protocol == Protocol::local ||
        pass.sight.seen.mount != plan::MountSeen::none)
        return {};
    pass.task.stage("removing what is left of a connection");
    auto connector = connectors_.for_protocol(record.connection->protocol);
    if (!connector)
        return fail(std::move(connector).error());
    auto dropped = perform(Step::act_disconnect,
                           [&] { return (*connector)->drop(*record.connection, pass.task.call.deadline); });
    if (!dropped)
        return dropped;
    record.connection.reset();
    return journal_.save(record, Step::detach_record);
}

Result<void> Converger::destroy(Pass &pass) {
    VolumeRecord &record = pass.record;
    pass.task.stage("destroying on the backend");
    auto destroyed =
        perform(Step::act_destroy, [&] { return pass.driver->destroy(pass.task.call, record.id); });
    if (!destroyed)
        return destroyed;
    spdlog::info("volume {} ({}): destroyed on backend {}", record.name, record.id, record.backend);
    return {};
}

Result<void> Converger::rescan(Pass &pass) {
    pass.task.stage("waiting for the device");
    // One attempt with a limit of its own; then the planner tries to attach anew, once.
    pass.device_overdue = true;
    const auto &connection = pass.sight.connection ? pass.sight.connection : pass.record.connection;
    if (!connection)
        return {};
    auto connector = connectors_.for_protocol(connection->protocol);
    if (!connector)
        return fail(std::move(connector).error());
    const auto wanted = pass.sight.volume ? pass.sight.volume->bytes : pass.record.bytes;
    const Deadline limit = pass.task.call.deadline.earlier(Deadline::after(std::chrono::seconds(10)));
    auto device = perform(Step::act_rescan, [&] { return (*connector)->rescan(*connection, wanted, limit); });
    if (!device)
        spdlog::warn("volume {}: rescan: {}", pass.record.name, device.error().message);
    return {};
}

} // namespace drover
