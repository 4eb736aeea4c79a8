// Consistency groups: made, changed, removed. A group's row says what is to become of it before the backend
// is asked, and a backend that is asked again says the same, so that whatever was begun can be finished
// later.
#include "core/volume/identity.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"
#include "drover/ext/group.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace drover {

namespace {

Result<void> needs_groups(const Driver &driver) {
    if (driver.offers(DRV_EXT_GROUP))
        return {};
    return fail(Code::unsupported, fmt::format("driver {} of backend {} has no consistency groups",
                                               driver.description().name, driver.backend()));
}

bool is_final(const Error &error) noexcept {
    return !error.retryable && !error.state_unknown;
}

void sort_unique(std::vector<std::string> &ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

} // namespace

// Their ids. All must be on one backend, which is written into `backend` when that is empty.
Result<std::vector<std::string>> Volumes::volumes_for_group(const std::vector<std::string> &names,
                                                            const std::string &group_id,
                                                            std::string &backend) const {
    std::vector<std::string> ids;
    ids.reserve(names.size());
    for (const auto &name : names) {
        auto volume = find_volume(journal_, {.name_or_id = name});
        if (!volume)
            return fail(std::move(volume).error());
        const VolumeRecord &record = **volume;
        if (backend.empty())
            backend = record.backend;
        if (record.backend != backend) {
            return fail(
                Code::invalid,
                fmt::format("volume {} is on backend {} and the group on {}: a group is of one backend",
                            record.name, record.backend, backend));
        }
        if (record.owner.empty() || record.desired == plan::Desired::destroy) {
            return fail_retryable(Code::conflict,
                                  fmt::format("volume {} is being made or deleted", record.name));
        }
        if (const auto other = journal_.group_of(record.id); other && other->id != group_id) {
            return fail(
                Code::conflict,
                fmt::format("volume {} is in group {}: take it out there first, a volume is in at most "
                            "one group",
                            record.name, other->name));
        }
        ids.push_back(record.id);
    }
    sort_unique(ids);
    return ids;
}

std::string Volumes::group_create(GroupSpec spec, OperationOptions options, Done<GroupView> done) {
    GroupRecord wanted{.name = spec.name, .backend = spec.backend};
    const auto prepare = [&]() -> Result<void> {
        if (auto good = check_name(spec.name, "group"); !good)
            return good;
        wanted.id = uuid_v5(parts_.node.cluster_id, "group:" + spec.name);
        auto members = volumes_for_group(spec.volumes, wanted.id, wanted.backend);
        if (!members)
            return fail(std::move(members).error());
        wanted.members = std::move(*members);
        if (wanted.backend.empty())
            wanted.backend = parts_.backends.default_backend();
        if (!parts_.backends.is_known(wanted.backend))
            return fail(parts_.backends.driver(wanted.backend).error());
        return {};
    };
    const auto prepared = prepare();
    wanted.created_unix_ns = unix_now_ns();
    return submit<GroupView>(
        Job{.kind = "group create",
            .lane = wanted.backend,
            .key = wanted.id.empty() ? "group" : wanted.id,
            .volume = "group " + shown_name(spec.name),
            .about = "{}"},
        std::move(options),
        [this, prepared, wanted](const Task &task) -> Result<GroupView> {
            if (!prepared)
                return fail(prepared.error());
            return do_group_create(task, wanted);
        },
        std::move(done));
}

template <typename T>
std::string
Volumes::submit_for_group(std::string_view kind, const std::string &group, OperationOptions options,
                          std::function<Result<T>(const Task &, GroupRecord)> work, Done<T> done) {
    const auto found = find_group(journal_, group);
    return submit<T>(
        Job{.kind = std::string(kind),
            .lane = found ? (*found)->backend : std::string(),
            .key = found ? (*found)->id : "group",
            .volume = "group " + (found ? (*found)->name : shown_name(group)),
            .about = "{}"},
        std::move(options),
        [this, found, work = std::move(work)](const Task &task) -> Result<T> {
            if (!found)
                return fail(found.error());
            // Read again: an earlier job may have changed or removed it.
            const auto record = journal_.group((*found)->id);
            if (!record)
                return fail(Code::not_found, "no such group: it was removed a moment ago");
            return work(task, *record);
        },
        std::move(done));
}

std::string Volumes::group_change(const std::string &group, std::vector<std::string> add,
                                  std::vector<std::string> remove, OperationOptions options,
                                  Done<GroupView> done) {
    return submit_for_group<GroupView>(
        "group change", group, std::move(options),
        [this, add = std::move(add), remove = std::move(remove)](const Task &task, GroupRecord record) {
            return do_group_change(task, std::move(record), add, remove);
        },
        std::move(done));
}

std::string Volumes::group_remove(const std::string &group, OperationOptions options, Done<void> done) {
    return submit_for_group<void>(
        "group remove", group, std::move(options),
        [this](const Task &task, GroupRecord record) { return do_group_remove(task, std::move(record)); },
        std::move(done));
}

std::string Volumes::group_snapshot_create(const std::string &group, const std::string &name,
                                           OperationOptions options, Done<GroupSnapshotView> done) {
    return submit_for_group<GroupSnapshotView>(
        "group snapshot", group, std::move(options),
        [this, name](const Task &task, const GroupRecord &record) {
            return do_group_snapshot(task, record, name);
        },
        std::move(done));
}

std::string Volumes::group_snapshot_remove(const std::string &group, const std::string &snapshot,
                                           OperationOptions options, Done<void> done) {
    return submit_for_group<void>(
        "group snapshot remove", group, std::move(options),
        [this, snapshot](const Task &task, const GroupRecord &record) -> Result<void> {
            const auto found = find_group_snapshot(journal_, record, snapshot);
            if (!found)
                return fail(found.error());
            return do_group_snapshot_remove(task, **found);
        },
        std::move(done));
}

Result<GroupView> Volumes::do_group_create(const Task &task, GroupRecord wanted) {
    auto driver = parts_.backends.driver(wanted.backend);
    if (!driver)
        return fail(std::move(driver).error());
    if (auto good = needs_groups(**driver); !good)
        return fail(std::move(good).error());
    if (const auto known = journal_.group(wanted.id)) {
        if (known->state == GroupRecord::State::changing || known->state == GroupRecord::State::deleting)
            return fail_retryable(Code::conflict, "it is being changed or removed");
        if (known->backend != wanted.backend || known->members != wanted.members) {
            return fail(Code::exists,
                        "it exists on another backend or with other volumes: change it with group add and "
                        "group remove, or choose another name");
        }
        if (known->state == GroupRecord::State::ready)
            return view(*known);
        wanted = *known;
    }
    if (auto saved = journal_.save(wanted, Step::group_announce); !saved)
        return fail(std::move(saved).error());
    task.stage("making the group");
    if (auto made = finish_group(task, wanted); !made)
        return fail(std::move(made).error());
    return view(wanted);
}

Result<GroupView> Volumes::do_group_change(const Task &task, GroupRecord record,
                                           const std::vector<std::string> &add,
                                           const std::vector<std::string> &remove) {
    if (record.state != GroupRecord::State::ready)
        return fail_retryable(Code::conflict, "it is being made, changed or removed");
    auto added = volumes_for_group(add, record.id, record.backend);
    if (!added)
        return fail(std::move(added).error());
    std::vector<std::string> removed;
    removed.reserve(remove.size());
    for (const auto &name : remove) {
        const auto volume = find_volume(journal_, {.name_or_id = name});
        // One that is not known here any more goes by its id.
        if (!volume && std::find(record.members.begin(), record.members.end(), name) == record.members.end())
            return fail(volume.error());
        removed.push_back(volume ? (*volume)->id : name);
    }
    sort_unique(removed);
    for (const auto &id : *added) {
        if (std::binary_search(removed.begin(), removed.end(), id))
            return fail(Code::invalid, "a volume cannot be added and removed at once");
    }
    record.add = std::move(*added);
    record.remove = std::move(removed);
    record.state = GroupRecord::State::changing;
    if (auto saved = journal_.save(record, Step::group_announce); !saved)
        return fail(std::move(saved).error());
    task.stage("changing the group");
    if (auto changed = finish_group(task, record); !changed)
        return fail(std::move(changed).error());
    return view(record);
}

Result<void> Volumes::do_group_remove(const Task &task, GroupRecord record) {
    if (record.state == GroupRecord::State::creating || record.state == GroupRecord::State::changing)
        return fail_retryable(Code::conflict, "it is being made or changed");
    std::vector<std::string> names;
    for (const auto &snapshot : journal_.group_snapshots(record.id))
        names.push_back(snapshot->name);
    if (!names.empty()) {
        return fail(Code::conflict, fmt::format("it has snapshots ({}): remove them first with group "
                                                "snapshot-rm",
                                                fmt::join(names, ", ")));
    }
    record.state = GroupRecord::State::deleting;
    if (auto saved = journal_.save(record, Step::group_announce); !saved)
        return saved;
    task.stage("removing the group");
    return finish_group(task, record);
}

Result<void> Volumes::finish_group(const Task &task, GroupRecord &record, std::chrono::nanoseconds pause) {
    using State = GroupRecord::State;
    auto driver = parts_.backends.driver(record.backend);
    if (!driver)
        return fail(std::move(driver).error()); // gone on with when the backend is ready
    GroupRequest request{.id = record.id, .name = record.name, .add = record.add, .remove = record.remove};
    if (record.state == State::creating)
        request.add = record.members;
    auto done = perform(Step::act_group, [&]() -> Result<BackendGroup> {
        switch (record.state) {
        case State::creating:
            return (*driver)->group_create(task.call, request);
        case State::deleting:
            if (auto gone = (*driver)->group_destroy(task.call, record.id);
                !gone && gone.error().code != Code::not_found)
                return fail(std::move(gone).error());
            return BackendGroup{};
        default:
            return (*driver)->group_update(task.call, request);
        }
    });
    if (done && record.state == State::deleting)
        return journal_.erase_group(record.id, Step::group_record);
    if (!done && !is_final(done.error())) {
        group_later(record.id, record.backend, pause);
        return fail(std::move(done).error());
    }
    const bool was_creating = record.state == State::creating;
    record.add.clear();
    record.remove.clear();
    record.state = State::ready;
    if (done) {
        record.members = std::move(done->members);
        sort_unique(record.members);
        return journal_.save(record, Step::group_record);
    }
    // Refused: it is as it was before.
    auto withdrawn = was_creating ? journal_.erase_group(record.id, Step::group_withdraw)
                                  : journal_.save(record, Step::group_withdraw);
    if (!withdrawn)
        return withdrawn;
    return fail(std::move(done).error());
}

Result<void> Volumes::check_in_no_group(const VolumeRecord &record) const {
    const auto group = journal_.group_of(record.id);
    if (!group)
        return {};
    return fail(Code::conflict,
                fmt::format("it is in group {}: take it out first with drover group remove {} {}",
                            group->name, group->name, record.name));
}

} // namespace drover
