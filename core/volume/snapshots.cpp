// Snapshots: taken around a frozen filesystem, removed, and put back.
#include "core/filesystem/freeze.hpp"
#include "core/volume/identity.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"
#include "drover/ext/snapshot.h"

#include <fmt/chrono.h>

namespace drover {

namespace {
// No writer waits longer than this for a thaw, whatever the backend does.
constexpr std::chrono::seconds kLongestFreeze{60};

Result<void> needs_snapshots(const Driver &driver) {
    if (driver.offers(DRV_EXT_SNAPSHOT))
        return {};
    return fail(Code::unsupported, fmt::format("driver {} of backend {} has no snapshots",
                                               driver.description().name, driver.backend()));
}

std::string name_from_time() {
    return fmt::format("{:%Y%m%d-%H%M%S}", fmt::gmtime(std::chrono::system_clock::now()));
}
} // namespace

Result<bool> Volumes::frozen(VolumeRecord &record, const Task &task,
                             const std::function<Result<void>()> &work) {
    auto sight = converger_.look(record, task);
    if (!sight)
        return fail(std::move(sight).error());
    const plan::Discovered discovered = sight->classify(record);
    if (discovered == plan::Discovered::unknown) {
        return fail(
            sight->doubt
                ? *sight->doubt
                : Error{.code = Code::unreachable, .message = "its state cannot be told", .retryable = true});
    }
    if (discovered != plan::Discovered::mounted) {
        if (auto worked = work(); !worked)
            return fail(std::move(worked).error());
        // Not mounted anywhere: it was unmounted cleanly, or never written. On another node nobody froze it.
        return discovered == plan::Discovered::detached || discovered == plan::Discovered::here_fs ||
               discovered == plan::Discovered::here_blank;
    }
    task.stage("freezing the filesystem");
    record.frozen = true; // on disk first: a crash while it is frozen is repaired at the next start
    if (auto saved = journal_.save(record, Step::freeze_announce); !saved)
        return fail(std::move(saved).error());
    const auto unfreeze_record = [&]() -> Result<void> {
        record.frozen = false;
        return journal_.save(record, Step::freeze_record);
    };
    auto freeze = perform(Step::act_freeze, [&] {
        return filesystem::Freeze::hold(parts_.node.mount_target(record.id), Deadline::after(kLongestFreeze));
    });
    if (!freeze) {
        if (auto saved = unfreeze_record(); !saved)
            return fail(std::move(saved).error());
        return fail(std::move(freeze).error());
    }
    auto worked = work();
    const auto held = perform(Step::act_thaw, [&] { return freeze->release(); });
    // Thawed too early, by the watchdog or by somebody: what was copied is not of one instant. Anything else
    // is a failure to thaw, which is tried again until it succeeds.
    const bool is_thawed = held || held.error().code == Code::deadline || held.error().code == Code::conflict;
    if (!is_thawed) {
        converge_later(record, std::chrono::milliseconds(100));
    } else if (auto saved = unfreeze_record(); !saved) {
        return fail(std::move(saved).error());
    }
    if (!worked)
        return fail(std::move(worked).error());
    if (held)
        return true;
    if (is_thawed)
        return false;
    return fail(held.error());
}

Result<SnapshotView> Volumes::do_snapshot(const Task &task, VolumeRecord record, std::string name) {
    if (name.empty())
        name = name_from_time();
    if (auto good = check_name(name, "snapshot"); !good)
        return fail(std::move(good).error());
    if (auto settled = check_settled(record); !settled)
        return fail(std::move(settled).error());
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (auto good = needs_snapshots(**driver); !good)
        return fail(std::move(good).error());

    SnapshotRecord snapshot{.id = uuid_v5(record.id, "snapshot:" + name),
                            .name = name,
                            .volume_id = record.id,
                            .backend = record.backend,
                            .bytes = record.bytes,
                            .created_unix_ns = unix_now_ns(),
                            .formatted = record.format == plan::Format::done ||
                                         record.format == plan::Format::inherited,
                            .fstype = record.fstype,
                            .fs_uuid = record.fs_uuid};
    if (const auto known = journal_.snapshot(snapshot.id)) {
        if (known->state == SnapshotRecord::State::ready)
            return view(*known);
        if (known->state != SnapshotRecord::State::creating) {
            return fail_retryable(Code::conflict,
                                  fmt::format("snapshot {} is {}", name, to_string(known->state)));
        }
    }
    if (auto saved = journal_.save(snapshot, Step::snapshot_announce); !saved)
        return fail(std::move(saved).error());
    std::optional<BackendVolume> taken;
    auto consistent = frozen(record, task, [&]() -> Result<void> {
        task.stage("taking the snapshot");
        auto made = perform(Step::act_snapshot, [&] {
            return (*driver)->snapshot_create(
                task.call, {.volume_id = record.id, .snapshot_id = snapshot.id, .name = name});
        });
        if (!made)
            return fail(std::move(made).error());
        taken = std::move(*made);
        return {};
    });
    if (!taken) {
        auto there = (*driver)->snapshot_get(task.call, snapshot.id);
        if (!there && there.error().code == Code::not_found) {
            if (auto erased = journal_.erase_snapshot(snapshot.id, Step::snapshot_withdraw); !erased)
                return fail(std::move(erased).error());
        }
        return fail(consistent ? Error{.message = "the snapshot was not taken"}
                               : std::move(consistent).error());
    }
    snapshot.bytes = taken->bytes;
    snapshot.filesystem_consistent = consistent && *consistent;
    snapshot.state = SnapshotRecord::State::ready;
    if (auto saved = journal_.save(snapshot, Step::snapshot_record); !saved)
        return fail(std::move(saved).error());
    if (!consistent)
        return fail(std::move(consistent).error()); // taken, but the thaw failed: people must know
    return view(snapshot);
}

Result<void> Volumes::do_snapshot_remove(const Task &task, const std::string &id) {
    const auto found = journal_.snapshot(id);
    if (!found)
        return {};
    auto driver = parts_.backends.driver(found->backend);
    if (!driver)
        return fail(std::move(driver).error());
    SnapshotRecord snapshot = *found;
    const auto before = snapshot.state;
    if (before == SnapshotRecord::State::releasing)
        return fail_retryable(Code::conflict, fmt::format("snapshot {} is being released", snapshot.name));
    snapshot.state = SnapshotRecord::State::deleting;
    if (auto saved = journal_.save(snapshot, Step::snapshot_remove_announce); !saved)
        return saved;
    task.stage("deleting the snapshot");
    auto destroyed =
        perform(Step::act_snapshot_destroy, [&] { return (*driver)->snapshot_destroy(task.call, id); });
    if (destroyed || destroyed.error().code == Code::not_found)
        return journal_.erase_snapshot(id, Step::snapshot_remove_record);
    if (!destroyed.error().retryable && !destroyed.error().state_unknown) {
        // Refused, such as by a clone that needs it: it stays.
        snapshot.state = before == SnapshotRecord::State::deleting ? SnapshotRecord::State::ready : before;
        if (auto saved = journal_.save(snapshot, Step::snapshot_remove_withdraw); !saved)
            return saved;
    }
    return destroyed;
}

Result<VolumeView> Volumes::do_revert(const Task &task, VolumeRecord record, const std::string &snapshot_id) {
    const auto snapshot = journal_.snapshot(snapshot_id);
    if (!snapshot)
        return fail(Code::not_found, "the snapshot was removed a moment ago");
    if (auto settled = check_settled(record); !settled)
        return fail(std::move(settled).error());
    if (record.use_count() > 0) {
        return fail(Code::conflict,
                    fmt::format("it is in use here ({} uses): unmount it first, a revert replaces its data",
                                record.use_count()));
    }
    // Of a volume that was adopted it is not known what it carried before it was mounted here.
    const bool has_filesystem = record.created_by_us && (record.format == plan::Format::done ||
                                                         record.format == plan::Format::inherited);
    if (has_filesystem && !snapshot->formatted) {
        return fail(
            Code::conflict,
            fmt::format(
                "snapshot {} was taken before the volume had a filesystem: make a new volume from it instead",
                snapshot->name));
    }
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (auto good = needs_snapshots(**driver); !good)
        return fail(std::move(good).error());
    record.desired = plan::Desired::release;
    if (auto released = converger_.reach(record, plan::Desired::release, task); !released)
        return fail(std::move(released).error());
    auto sight = converger_.look(record, task);
    if (!sight)
        return fail(std::move(sight).error());
    if (sight->classify(record) != plan::Discovered::detached) {
        return fail(
            Code::conflict,
            sight->holder.empty()
                ? fmt::format("it is not detached ({})", plan::to_string(sight->classify(record)))
                : fmt::format("it is attached to another node ({}): stop what uses it there", sight->holder));
    }
    {
        const std::lock_guard guard(reverts_mutex_);
        reverts_begun_here_.insert(record.id);
    }
    record.reverting = snapshot_id;
    if (auto saved = journal_.save(record, Step::revert_announce); !saved)
        return fail(std::move(saved).error());
    if (auto reverted = finish_revert(task, record); !reverted) {
        if (!record.reverting.empty()) // nobody mounts it before it is over, one way or the other
            go_on_later(record, reverted.error());
        return fail(std::move(reverted).error());
    }
    return view(record);
}

Result<void> Volumes::finish_revert(const Task &task, VolumeRecord &record) {
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    task.stage("reverting");
    auto reverted =
        perform(Step::act_revert, [&] { return (*driver)->snapshot_revert(task.call, record.reverting); });
    if (!reverted) {
        if (!reverted.error().retryable && !reverted.error().state_unknown) {
            record.reverting.clear();
            if (auto saved = journal_.save(record, Step::revert_withdraw); !saved)
                return saved;
        }
        return reverted;
    }
    auto now = (*driver)->get(task.call, record.id);
    if (!now)
        return fail(std::move(now).error());
    record.bytes = now->bytes;
    record.grow_pending = false; // the filesystem is as large as the device was then
    record.reverting.clear();
    return journal_.save(record, Step::revert_record);
}

} // namespace drover
