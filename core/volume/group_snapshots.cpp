// Snapshots of groups: all members frozen, one call, all thawed.
#include "core/volume/identity.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"

#include <fmt/chrono.h>

#include <algorithm>

namespace drover {

namespace {

// Holds the locks of several volumes, and waits for none of them while it holds another: a clone holds its
// own and waits for its source's.
class AllLocked {
public:
    explicit AllLocked(std::vector<std::shared_ptr<std::mutex>> mutexes) : mutexes_(std::move(mutexes)) {
        std::size_t awaited = 0;
        while (held_.size() < mutexes_.size()) {
            held_.clear();
            held_.emplace_back(*mutexes_[awaited]);
            for (std::size_t i = 0; i < mutexes_.size(); ++i) {
                if (i == awaited)
                    continue;
                std::unique_lock next(*mutexes_[i], std::try_to_lock);
                if (!next.owns_lock()) {
                    awaited = i;
                    break;
                }
                held_.push_back(std::move(next));
            }
        }
    }

private:
    std::vector<std::shared_ptr<std::mutex>> mutexes_; // outlive the locks on them
    std::vector<std::unique_lock<std::mutex>> held_;
};

} // namespace

Result<void> Volumes::all_frozen(std::span<VolumeRecord> records, const Task &task,
                                 std::map<std::string, bool> &consistent,
                                 const std::function<Result<void>()> &work) {
    if (records.empty())
        return work();
    auto held =
        frozen(records.front(), task, [&] { return all_frozen(records.subspan(1), task, consistent, work); });
    if (!held)
        return fail(std::move(held).error());
    consistent[records.front().id] = *held;
    return {};
}

Result<GroupSnapshotView> Volumes::do_group_snapshot(const Task &task, const GroupRecord &group,
                                                     std::string name) {
    if (name.empty())
        name = fmt::format("{:%Y%m%d-%H%M%S}", fmt::gmtime(std::chrono::system_clock::now()));
    if (auto good = check_name(name, "snapshot"); !good)
        return fail(std::move(good).error());
    GroupSnapshotRecord record{.id = uuid_v5(group.id, "snapshot:" + name),
                               .name = name,
                               .group_id = group.id,
                               .backend = group.backend,
                               .created_unix_ns = unix_now_ns()};
    if (const auto known = journal_.group_snapshot(record.id);
        known && known->state == SnapshotRecord::State::creating) {
        if (auto settled = settle_group_snapshot(task, *known); !settled)
            return fail(std::move(settled).error());
    }
    if (const auto known = journal_.group_snapshot(record.id)) {
        if (known->state == SnapshotRecord::State::ready)
            return view(*known);
        return fail_retryable(Code::conflict, fmt::format("its snapshot {} is being deleted", name));
    }
    if (group.state != GroupRecord::State::ready)
        return fail_retryable(Code::conflict, "it is being made, changed or removed");
    if (group.members.empty())
        return fail(Code::invalid, "it has no volumes: there is nothing to take a snapshot of");
    for (const auto &id : group.members)
        record.snapshots[id] = uuid_v5(id, "snapshot:" + name);
    if (auto taken = take_group_snapshot(task, record); !taken)
        return fail(std::move(taken).error());
    return view(record);
}

Result<void> Volumes::take_group_snapshot(const Task &task, GroupSnapshotRecord &record) {
    auto driver = parts_.backends.driver(record.backend);
    if (!driver)
        return fail(std::move(driver).error());
    std::vector<std::shared_ptr<std::mutex>> mutexes;
    mutexes.reserve(record.snapshots.size());
    for (const auto &[volume_id, snapshot_id] : record.snapshots)
        mutexes.push_back(lock_of(volume_id));
    task.stage("waiting for its volumes");
    const AllLocked locked(std::move(mutexes));

    std::vector<VolumeRecord> volumes;
    volumes.reserve(record.snapshots.size());
    for (const auto &[volume_id, snapshot_id] : record.snapshots) {
        const auto volume = journal_.volume(volume_id);
        if (!volume) {
            return fail(Code::conflict,
                        fmt::format("its volume {} is not known here: take its snapshot on the "
                                    "node that knows it, or take it over first",
                                    volume_id));
        }
        if (volume->owner.empty() || volume->desired == plan::Desired::destroy) {
            return fail_retryable(Code::conflict,
                                  fmt::format("volume {} is being made or deleted", volume->name));
        }
        if (journal_.snapshot(snapshot_id)) {
            return fail(Code::exists,
                        fmt::format("volume {} has a snapshot {} of its own: choose another name",
                                    volume->name, record.name));
        }
        volumes.push_back(*volume);
    }
    if (auto saved = journal_.save(record, Step::group_announce); !saved)
        return saved;
    for (const auto &volume : volumes) {
        const SnapshotRecord snapshot{.id = record.snapshots.at(volume.id),
                                      .name = record.name,
                                      .volume_id = volume.id,
                                      .backend = volume.backend,
                                      .bytes = volume.bytes,
                                      .created_unix_ns = record.created_unix_ns,
                                      .formatted = volume.format == plan::Format::done ||
                                                   volume.format == plan::Format::inherited,
                                      .fstype = volume.fstype,
                                      .fs_uuid = volume.fs_uuid};
        if (auto saved = journal_.save(snapshot, Step::snapshot_announce); !saved)
            return saved;
    }
    bool is_taken = false;
    std::map<std::string, bool> consistent;
    auto held = all_frozen(volumes, task, consistent, [&]() -> Result<void> {
        task.stage("taking the snapshots");
        auto made = perform(Step::act_group_snapshot, [&] {
            return (*driver)->group_snapshot(task.call, {.group_id = record.group_id,
                                                         .id = record.id,
                                                         .name = record.name,
                                                         .snapshots = record.snapshots});
        });
        if (!made)
            return fail(std::move(made).error());
        is_taken = true;
        return {};
    });
    if (is_taken) {
        if (auto kept = keep_group_snapshot(record, consistent); !kept)
            return kept;
        return held; // taken, but a thaw failed: people must know
    }
    auto there = (*driver)->group_get(task.call, record.id);
    if (!there && there.error().code == Code::not_found) {
        if (auto forgotten = forget_group_snapshot(record, Step::group_withdraw); !forgotten)
            return forgotten;
    } else {
        group_later(record.group_id, record.backend, std::chrono::milliseconds(100));
    }
    return held;
}

// The members' rows first: the row of the whole says that there is something to settle.
Result<void> Volumes::keep_group_snapshot(GroupSnapshotRecord &record,
                                          const std::map<std::string, bool> &consistent) {
    const auto is_consistent = [&](const std::string &volume_id) {
        const auto found = consistent.find(volume_id);
        return found != consistent.end() && found->second;
    };
    record.filesystem_consistent = true;
    for (const auto &[volume_id, snapshot_id] : record.snapshots) {
        record.filesystem_consistent = record.filesystem_consistent && is_consistent(volume_id);
        const auto known = journal_.snapshot(snapshot_id);
        if (!known || known->state != SnapshotRecord::State::creating)
            continue;
        SnapshotRecord snapshot = *known;
        snapshot.filesystem_consistent = is_consistent(volume_id);
        snapshot.state = SnapshotRecord::State::ready;
        if (auto saved = journal_.save(snapshot, Step::snapshot_record); !saved)
            return saved;
    }
    record.state = SnapshotRecord::State::ready;
    return journal_.save(record, Step::group_record);
}

Result<void> Volumes::forget_group_snapshot(const GroupSnapshotRecord &record, Step step) {
    for (const auto &[volume_id, snapshot_id] : record.snapshots) {
        if (auto erased = journal_.erase_snapshot(snapshot_id, Step::snapshot_remove_record); !erased)
            return erased;
    }
    return journal_.erase_group_snapshot(record.id, step);
}

Result<void> Volumes::do_group_snapshot_remove(const Task &task, GroupSnapshotRecord record) {
    if (record.state == SnapshotRecord::State::creating) {
        if (auto settled = settle_group_snapshot(task, record); !settled)
            return settled;
        const auto now = journal_.group_snapshot(record.id);
        if (!now)
            return {};
        record = *now;
    }
    record.state = SnapshotRecord::State::deleting;
    if (auto saved = journal_.save(record, Step::group_announce); !saved)
        return saved;
    task.stage("deleting the snapshots");
    auto removed = settle_group_snapshot(task, record);
    if (!removed && (removed.error().retryable || removed.error().state_unknown))
        group_later(record.group_id, record.backend, std::chrono::milliseconds(100));
    return removed;
}

Result<void> Volumes::settle_group_snapshot(const Task &task, GroupSnapshotRecord record) {
    auto driver = parts_.backends.driver(record.backend);
    if (!driver)
        return fail(std::move(driver).error());
    std::vector<std::shared_ptr<std::mutex>> mutexes;
    mutexes.reserve(record.snapshots.size());
    for (const auto &[volume_id, snapshot_id] : record.snapshots)
        mutexes.push_back(lock_of(volume_id));
    const AllLocked locked(std::move(mutexes));
    if (record.state == SnapshotRecord::State::creating) {
        auto there = (*driver)->group_get(task.call, record.id);
        if (!there && there.error().code == Code::not_found)
            return forget_group_snapshot(record, Step::group_withdraw);
        if (!there)
            return fail(std::move(there).error());
        return keep_group_snapshot(record,
                                   {}); // whether all were frozen all the while, nobody knows any more
    }
    auto destroyed = perform(Step::act_group_snapshot,
                             [&] { return (*driver)->group_snapshot_destroy(task.call, record.id); });
    if (destroyed || destroyed.error().code == Code::not_found)
        return forget_group_snapshot(record, Step::group_record);
    if (!destroyed.error().retryable && !destroyed.error().state_unknown) {
        record.state = SnapshotRecord::State::ready; // refused, such as by a clone that needs one of them
        if (auto saved = journal_.save(record, Step::group_withdraw); !saved)
            return saved;
    }
    return destroyed;
}

} // namespace drover
