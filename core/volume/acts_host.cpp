// The acts on this host: format, mount, grow, unmount. Each takes the device from the look that decided on
// it, whose identity was proven then; formatting proves it once more.
#include "core/filesystem/check.hpp"
#include "core/filesystem/format.hpp"
#include "core/filesystem/grow.hpp"
#include "core/filesystem/mount.hpp"
#include "core/volume/data_folder.hpp"
#include "core/volume/identity.hpp"
#include "core/volume/pass.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <sys/mount.h>

namespace drover {

namespace {

filesystem::BlockDevice block_device(const connect::Device &device) {
    return {.path = device.path, .major = device.major, .minor = device.minor};
}
} // namespace

Result<void> Converger::format(Pass &pass) {
    VolumeRecord &record = pass.record;
    pass.task.stage("formatting");
    const bool was_never_written = record.format == plan::Format::never;
    const std::string uuid_before = record.fs_uuid;
    record.format = plan::Format::started;
    record.format_token = random_uuid();
    if (record.fs_uuid.empty())
        record.fs_uuid = filesystem_uuid(record.id);
    if (auto saved = journal_.save(record, Step::format_announce); !saved)
        return saved;

    // Look a second time, now that the record says what is about to happen: identity and blankness must hold
    // twice. A device that was never written must read as zero both times; one that a crashed mkfs may have
    // written need not.
    const bool promises_zeroes = pass.capabilities.zeroed && was_never_written;
    auto again = look(record, pass.task);
    if (!again)
        return fail(std::move(again).error());
    if (again->classify(record) != plan::Discovered::here_blank ||
        again->device->path != pass.sight.device->path || again->holder != pass.sight.holder ||
        (promises_zeroes && !again->reads_as_zero)) {
        if (was_never_written) {
            // Still true: the next try must look as closely as this one did.
            record.format = plan::Format::never;
            record.format_token.clear();
            record.fs_uuid = uuid_before;
            if (auto saved = journal_.save(record, Step::format_announce); !saved)
                return saved;
        }
        return fail_retryable(
            Code::conflict, fmt::format("{} changed while it was about to be formatted; nothing was written",
                                        pass.sight.device->path.string()));
    }
    spdlog::info("volume {} ({}): formatting {} as {} with uuid {}", record.name, record.id,
                 again->device->path.string(), record.fstype, record.fs_uuid);
    auto formatted = perform(Step::act_format, [&] {
        return filesystem::format(
            block_device(*again->device),
            {.fstype = record.fstype, .uuid = record.fs_uuid, .zeroed = promises_zeroes},
            pass.task.call.deadline);
    });
    if (!formatted)
        return fail(std::move(formatted).error());
    record.format = plan::Format::done;
    record.format_token.clear();
    if (auto saved = journal_.save(record, Step::format_record); !saved)
        return saved;
    // Making it may have taken long, so everything is looked at again but the content, which was read back.
    pass.sight = discover(record, *pass.driver, connectors_, node_,
                          {.zeroed = pass.capabilities.zeroed,
                           .probed = &*formatted,
                           .probed_device = again->device->path.native()},
                          pass.task.call);
    pass.has_looked = true;
    pass.has_formatted = true;
    return {};
}

Result<void> Converger::finish_format(Pass &pass) {
    VolumeRecord &record = pass.record;
    pass.task.stage("checking the new filesystem");
    auto checked = perform(Step::act_check, [&] {
        return filesystem::check(block_device(*pass.sight.device), record.fstype,
                                 filesystem::CheckMode::verify, pass.task.call.deadline);
    });
    if (!checked)
        return fail(std::move(checked).error());
    record.format = plan::Format::done;
    record.format_token.clear();
    return journal_.save(record, Step::format_record);
}

Result<void> Converger::mount(Pass &pass, bool grow_first) {
    VolumeRecord &record = pass.record;
    const filesystem::BlockDevice device = block_device(*pass.sight.device);
    const auto target = node_.mount_target(record.id);
    if (!pass.has_formatted) {
        pass.task.stage("checking the filesystem");
        auto checked = perform(Step::act_check, [&] {
            return filesystem::check(device, record.fstype, filesystem::CheckMode::preen,
                                     pass.task.call.deadline);
        });
        if (!checked)
            return fail(std::move(checked).error());
        if (checked->repaired) {
            spdlog::warn("volume {} ({}): the filesystem was repaired: {}", record.name, record.id,
                         checked->output);
        }
    }
    const auto grow_to = [&](const std::optional<std::filesystem::path> &mounted_at) -> Result<void> {
        pass.task.stage("growing the filesystem");
        auto grown = perform(Step::act_grow, [&] {
            return filesystem::grow(device, mounted_at, record.fstype, pass.task.call.deadline);
        });
        if (!grown)
            return fail(std::move(grown).error());
        record.grow_pending = false;
        return journal_.save(record, Step::grow_record);
    };
    // ext4 grows before it is mounted (that needs no privilege of its own), xfs can only grow afterwards.
    if (grow_first && record.fstype == "ext4") {
        if (auto grown = grow_to(std::nullopt); !grown)
            return grown;
    }
    pass.task.stage("mounting");
    auto mounted = perform(Step::act_mount, [&] {
        return filesystem::mount(device, target, record.fstype, {}, pass.task.call.deadline);
    });
    if (!mounted)
        return fail(std::move(mounted).error());
    if (grow_first && record.fstype != "ext4") {
        if (auto grown = grow_to(target); !grown)
            return grown;
    }
    if (!record.root_prepared) {
        auto prepared = perform(Step::act_prepare_root, [&] {
            return filesystem::prepare_new_root(target, record.root.mode.value_or(kDefaultRootMode),
                                                record.root.uid.value_or(0), record.root.gid.value_or(0),
                                                pass.task.call.deadline);
        });
        if (!prepared)
            return fail(std::move(prepared).error());
        record.root_prepared = *prepared;
        if (auto saved = journal_.save(record, Step::root_record); !saved)
            return saved;
    }
    auto folder = perform(Step::act_subfolder,
                          [&] { return make_data_folder(target, record.root, pass.task.call.deadline); });
    if (!folder)
        return folder;
    pass.sight.at_target = std::move(*mounted);
    pass.sight.seen.mount = plan::MountSeen::right;
    pass.has_looked = true;
    return {};
}

Result<void> Converger::grow(VolumeRecord &record, const Sight &sight, const Task &task) {
    if (sight.connection) {
        task.stage("rescanning the device");
        auto connector = connectors_.for_protocol(sight.connection->protocol);
        if (!connector)
            return fail(std::move(connector).error());
        auto device = perform(Step::act_rescan, [&] {
            return (*connector)->rescan(*sight.connection, record.bytes, task.call.deadline);
        });
        if (!device)
            return fail(std::move(device).error());
    }
    if (!record.grow_pending || sight.seen.mount != plan::MountSeen::right || !sight.device)
        return {};
    task.stage("growing the filesystem");
    auto grown = perform(Step::act_grow, [&] {
        return filesystem::grow(block_device(*sight.device), node_.mount_target(record.id), record.fstype,
                                task.call.deadline);
    });
    if (!grown)
        return fail(std::move(grown).error());
    record.grow_pending = false;
    return journal_.save(record, Step::grow_record);
}

Result<void> Converger::unmount(Pass &pass) {
    const auto &entry = pass.sight.at_target;
    if (!entry)
        return fail(failure_of(pass, plan::Action::fail_wrong));
    pass.task.stage("unmounting");
    const Deadline patience = pass.task.call.deadline.earlier(Deadline::after(node_.unmount_patience));
    return perform(Step::act_unmount,
                   [&] { return filesystem::unmount(entry->target, entry->major, entry->minor, patience); });
}

Result<void> Converger::unmount_wrong(Pass &pass) {
    // Only on our own mount point; what somebody mounted elsewhere is theirs.
    return unmount(pass);
}

// The backend or the grant says that this node has lost the volume: nothing may be flushed to it, nothing
// asked of the driver.
Result<void> Converger::tear_down(Pass &pass) {
    const auto &entry = pass.sight.at_target;
    if (!entry)
        return fail(failure_of(pass, plan::Action::fail_wrong));
    pass.task.stage("removing a stale mount");
    spdlog::warn(
        "volume {} ({}): mounted here, but the backend says it is not attached to this node: unmounting",
        pass.record.name, pass.record.id);
    // First what would make the unmount wait for ever: a device that queues what it cannot write.
    const std::optional<Connection> connection =
        pass.record.connection ? pass.record.connection : pass.sight.connection;
    const auto drop = [&]() -> Result<void> {
        if (!connection)
            return {};
        auto connector = connectors_.for_protocol(connection->protocol);
        if (!connector)
            return fail(std::move(connector).error());
        return perform(Step::act_disconnect,
                       [&] { return (*connector)->drop(*connection, pass.task.call.deadline); });
    };
    if (auto dropped = drop(); !dropped)
        SPDLOG_DEBUG("volume {}: {}", pass.record.name, dropped.error().message);
    const Deadline patience = pass.task.call.deadline.earlier(Deadline::after(node_.unmount_patience));
    auto unmounted = perform(Step::act_unmount, [&]() -> Result<void> {
        auto clean = filesystem::unmount(entry->target, entry->major, entry->minor, patience);
        if (!clean && ::umount2(entry->target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
            return {};
        return clean;
    });
    if (!unmounted)
        return unmounted;
    if (auto dropped = drop(); !dropped)
        return dropped;
    pass.record.connection.reset();
    return journal_.save(pass.record, Step::tear_down_record);
}

} // namespace drover
