// Snapshots that the backend has of our volumes and Drover does not manage: shown, adopted, given back.
#include "core/volume/asking.hpp"
#include "core/volume/identity.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/unmanaged.hpp"
#include "core/volume/volumes.hpp"

namespace drover {

void Volumes::unmanaged_snapshots(const VolumeRef &ref, OperationOptions options,
                                  Done<std::vector<UnmanagedView>> done) {
    auto found = find_volume(journal_, ref);
    const std::string backend = found ? (*found)->backend : std::string();
    ask<std::vector<UnmanagedView>>(
        backend, "unmanaged-snapshots", std::move(options), std::move(done),
        [found, backend](Driver &driver, const CallContext &call) -> Result<std::vector<UnmanagedView>> {
            if (auto good = check_manages(driver); !good)
                return fail(std::move(good).error());
            std::map<std::string, UnmanagedView> views; // a row may come twice
            auto listed = driver.unmanaged_snapshots(call, (*found)->id, [&](BackendVolume &&row) {
                std::string handle = row.backend_id;
                views.insert_or_assign(std::move(handle), unmanaged_view(backend, std::move(row)));
                return true;
            });
            if (!listed)
                return fail(std::move(listed).error());
            std::vector<UnmanagedView> sorted;
            sorted.reserve(views.size());
            for (auto &[handle, view] : views)
                sorted.push_back(std::move(view));
            return sorted;
        },
        found ? std::nullopt : std::optional(found.error()));
}

std::string Volumes::snapshot_adopt(const VolumeRef &ref, const std::string &handle, const std::string &name,
                                    OperationOptions options, Done<SnapshotView> done) {
    return submit_for<SnapshotView>(
        "snapshot adopt", ref, std::move(options),
        [this, handle, name](const Task &task, VolumeRecord record) {
            return do_snapshot_adopt(task, std::move(record), handle, name);
        },
        std::move(done));
}

// A crash in between leaves a snapshot in the making; whether the backend has it under our id by then says
// whether it was adopted, as with one that was taken.
Result<SnapshotView> Volumes::do_snapshot_adopt(const Task &task, VolumeRecord record,
                                                const std::string &handle, std::string name) {
    if (handle.empty())
        return fail(Code::invalid, "no handle: `drover snapshot unmanaged` lists those there are");
    const bool is_named = !name.empty();
    if (!is_named)
        name = handle;
    if (auto good = check_name(name, "snapshot"); !good) {
        return is_named ? fail(std::move(good).error())
                        : fail(Code::invalid, "its handle cannot be its name here: give it a name");
    }
    if (auto settled = check_settled(record); !settled)
        return fail(std::move(settled).error());
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (auto good = check_manages(**driver); !good)
        return fail(std::move(good).error());
    // Of its content nothing is known: what is cloned from it is taken to hold data, and never formatted.
    SnapshotRecord snapshot{.id = uuid_v5(record.id, "snapshot:" + name),
                            .name = name,
                            .volume_id = record.id,
                            .backend = record.backend,
                            .bytes = record.bytes,
                            .created_unix_ns = unix_now_ns(),
                            .formatted = true,
                            .fstype = record.fstype};
    const auto known = journal_.snapshot(snapshot.id);
    const bool was_known = known && known->state == SnapshotRecord::State::ready;
    if (known && !was_known && known->state != SnapshotRecord::State::creating) {
        return fail_retryable(Code::conflict,
                              fmt::format("snapshot {} is {}", name, to_string(known->state)));
    }
    if (!was_known) {
        if (auto saved = journal_.save(snapshot, Step::snapshot_adopt_announce); !saved)
            return fail(std::move(saved).error());
    }
    task.stage("adopting the snapshot");
    // Also of one that is ours already: only the backend knows whether it is this one.
    auto taken = perform(Step::act_snapshot_adopt, [&] {
        return (*driver)->snapshot_adopt(
            task.call, {.backend_id = handle, .id = snapshot.id, .name = name, .volume_id = record.id});
    });
    if (!taken) {
        const bool is_for_good = !taken.error().retryable && !taken.error().state_unknown;
        if (!was_known && is_for_good) {
            if (auto erased = journal_.erase_snapshot(snapshot.id, Step::snapshot_adopt_withdraw); !erased)
                return fail(std::move(erased).error());
        } else if (!was_known) {
            converge_later(record, std::chrono::milliseconds(100)); // the backend tells what has become of it
        }
        return fail(std::move(taken).error());
    }
    if (was_known)
        return view(*known);
    snapshot.bytes = taken->bytes;
    snapshot.created_unix_ns = taken->created_unix_ns.value_or(snapshot.created_unix_ns);
    snapshot.state = SnapshotRecord::State::ready;
    if (auto saved = journal_.save(snapshot, Step::snapshot_adopt_record); !saved)
        return fail(std::move(saved).error());
    return view(snapshot);
}

std::string Volumes::snapshot_release(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                      OperationOptions options, Done<void> done) {
    auto found = find_snapshot(journal_, snapshot, of);
    const Job job =
        found ? Job{.kind = "snapshot release",
                    .lane = (*found)->backend,
                    .key = (*found)->volume_id,
                    .volume = snapshot}
              : Job{.kind = "snapshot release", .lane = "", .key = "refused:" + snapshot, .volume = snapshot};
    return submit<void>(
        job, std::move(options),
        [this, found](const Task &task) -> Result<void> {
            if (!found)
                return fail(found.error());
            return do_snapshot_release(task, (*found)->id);
        },
        std::move(done));
}

Result<void> Volumes::do_snapshot_release(const Task &task, const std::string &id) {
    const auto found = journal_.snapshot(id);
    if (!found)
        return {};
    SnapshotRecord snapshot = *found;
    if (snapshot.state == SnapshotRecord::State::creating ||
        snapshot.state == SnapshotRecord::State::deleting) {
        return fail_retryable(Code::conflict,
                              fmt::format("snapshot {} is {}", snapshot.name, to_string(snapshot.state)));
    }
    auto driver = parts_.backends.driver(found->backend);
    if (!driver)
        return fail(std::move(driver).error());
    if (auto good = check_manages(**driver); !good)
        return good;
    snapshot.state = SnapshotRecord::State::releasing;
    if (auto saved = journal_.save(snapshot, Step::snapshot_release_announce); !saved)
        return saved;
    task.stage("releasing the snapshot");
    auto released =
        perform(Step::act_snapshot_release, [&] { return (*driver)->snapshot_release(task.call, id); });
    if (released || released.error().code == Code::not_found)
        return journal_.erase_snapshot(id, Step::snapshot_release_record);
    if (!released.error().retryable && !released.error().state_unknown) {
        // Refused, such as by a clone that needs it: it stays.
        snapshot.state = SnapshotRecord::State::ready;
        if (auto saved = journal_.save(snapshot, Step::snapshot_release_withdraw); !saved)
            return saved;
    } else if (const auto record = journal_.volume(snapshot.volume_id)) {
        converge_later(*record, std::chrono::milliseconds(100));
    }
    return fail(std::move(released).error());
}

} // namespace drover
