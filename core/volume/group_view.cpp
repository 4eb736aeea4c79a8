// What people see of groups, how one is found, and going on with what was begun.
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"

#include <algorithm>
#include <tuple>

namespace drover {

namespace {
constexpr std::chrono::milliseconds kShortestPause{100};
constexpr std::chrono::seconds kLongestPause{60};
} // namespace

std::vector<GroupMember> Volumes::members_of(const std::vector<std::string> &volume_ids) const {
    std::vector<GroupMember> members;
    members.reserve(volume_ids.size());
    for (const auto &id : volume_ids) {
        const auto volume = journal_.volume(id);
        members.push_back({.volume_id = id, .volume = volume ? volume->name : std::string()});
    }
    std::sort(members.begin(), members.end(), [](const GroupMember &a, const GroupMember &b) {
        return std::tie(a.volume, a.volume_id) < std::tie(b.volume, b.volume_id);
    });
    return members;
}

GroupView Volumes::view(const GroupRecord &record) const {
    return {.id = record.id,
            .name = record.name,
            .backend = record.backend,
            .members = members_of(record.members),
            .snapshots = journal_.group_snapshots(record.id).size(),
            .created_unix_ns = record.created_unix_ns,
            .status = std::string(to_string(record.state))};
}

GroupSnapshotView Volumes::view(const GroupSnapshotRecord &record) const {
    const auto group = journal_.group(record.group_id);
    std::vector<std::string> ids;
    ids.reserve(record.snapshots.size());
    for (const auto &[volume_id, snapshot_id] : record.snapshots)
        ids.push_back(volume_id);
    GroupSnapshotView view{.id = record.id,
                           .name = record.name,
                           .group_id = record.group_id,
                           .group = group ? group->name : std::string(),
                           .backend = record.backend,
                           .members = members_of(ids),
                           .created_unix_ns = record.created_unix_ns,
                           .filesystem_consistent = record.filesystem_consistent,
                           .status = std::string(to_string(record.state))};
    for (auto &member : view.members)
        member.snapshot = record.snapshots.at(member.volume_id);
    return view;
}

std::vector<GroupView> Volumes::groups() const {
    const auto records = journal_.groups();
    std::vector<GroupView> views;
    views.reserve(records.size());
    for (const auto &record : records)
        views.push_back(view(*record));
    return views;
}

Result<GroupView> Volumes::group(const std::string &group) const {
    const auto found = find_group(journal_, group);
    if (!found)
        return fail(found.error());
    return view(**found);
}

Result<std::vector<GroupSnapshotView>> Volumes::group_snapshots(const std::string &group) const {
    std::string id;
    if (!group.empty()) {
        const auto found = find_group(journal_, group);
        if (!found)
            return fail(found.error());
        id = (*found)->id;
    }
    const auto records = journal_.group_snapshots(id);
    std::vector<GroupSnapshotView> views;
    views.reserve(records.size());
    for (const auto &record : records)
        views.push_back(view(*record));
    return views;
}

Result<GroupSnapshotView> Volumes::group_snapshot(const std::string &group,
                                                  const std::string &snapshot) const {
    const auto of = find_group(journal_, group);
    if (!of)
        return fail(of.error());
    const auto found = find_group_snapshot(journal_, **of, snapshot);
    if (!found)
        return fail(found.error());
    return view(**found);
}

// After a start, and when a backend came back.
void Volumes::groups_begun(const std::string &backend) {
    for (const auto &group : journal_.groups()) {
        if (group->state != GroupRecord::State::ready && (backend.empty() || group->backend == backend))
            group_later(group->id, group->backend, std::chrono::nanoseconds(0));
    }
    for (const auto &snapshot : journal_.group_snapshots()) {
        if (snapshot->state != SnapshotRecord::State::ready &&
            (backend.empty() || snapshot->backend == backend))
            group_later(snapshot->group_id, snapshot->backend, std::chrono::nanoseconds(0));
    }
}

void Volumes::group_later(const std::string &id, const std::string &backend, std::chrono::nanoseconds delay) {
    if (delay.count() == 0) {
        parts_.workers.post(backend, id, [this, id, backend, delay] { group_now(id, backend, delay); });
    } else {
        parts_.workers.post_after(delay, backend, id,
                                  [this, id, backend, delay] { group_now(id, backend, delay); });
    }
}

void Volumes::group_now(const std::string &id, const std::string &backend, std::chrono::nanoseconds delay) {
    const auto lock = lock_of(id);
    const std::lock_guard guard(*lock);
    const Task task{.call = {.deadline = Deadline::after(std::chrono::minutes(10)), .request_id = "recovery"},
                    .stage = [](std::string_view) {}};
    const auto longer = std::clamp<std::chrono::nanoseconds>(delay * 4, kShortestPause, kLongestPause);
    for (const auto &snapshot : journal_.group_snapshots(id)) {
        if (snapshot->state == SnapshotRecord::State::ready)
            continue;
        auto settled = settle_group_snapshot(task, *snapshot);
        if (settled)
            continue;
        const auto now = journal_.group_snapshot(snapshot->id);
        spdlog::warn("snapshot {} of group {}: {}", snapshot->name, id, settled.error().message);
        if (now && now->state != SnapshotRecord::State::ready) {
            if (parts_.backends.driver(backend)) // else gone on with when the backend is ready
                group_later(id, backend, longer);
            return;
        }
    }
    const auto found = journal_.group(id);
    if (!found || found->state == GroupRecord::State::ready)
        return;
    GroupRecord record = *found;
    if (auto finished = finish_group(task, record, longer); !finished)
        spdlog::warn("group {}: {}", record.name, finished.error().message);
}

} // namespace drover
