// drv.group/1.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"
#include "conformance/suite/extension_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace drover::conformance {
namespace {

constexpr Needs kGroup{.extension = DRV_EXT_GROUP};
constexpr Needs kWithSnapshots{.extension = DRV_EXT_GROUP, .second = DRV_EXT_SNAPSHOT};
constexpr std::uint64_t kUnknownFlag = 1ULL << 63U;

using Ids = std::vector<std::string>;

Ids sorted(Ids ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

// The groups of one case, taken away at its end: a volume in a group could not be.
class Groups {
public:
    explicit Groups(Test &test) : test_(test) {}
    ~Groups() {
        ExtensionCalls calls(test_.instance());
        for (const auto &[id, members] : snapshots_)
            (void)calls.group_snapshot_destroy(id, members);
        for (const std::string &id : groups_)
            (void)calls.group_destroy(id);
    }
    Groups(const Groups &) = delete;
    Groups &operator=(const Groups &) = delete;

    // Whatever comes of it.
    Answer create(const GroupArguments &arguments) {
        groups_.insert(arguments.id);
        ExtensionCalls calls(test_.instance());
        Answer answer = calls.group_create(arguments);
        rows_ = calls.groups();
        return answer;
    }
    Answer snapshot(const GroupSnapshotArguments &arguments) {
        Ids members;
        for (const auto &[volume, snapshot] : arguments.snapshots)
            members.push_back(snapshot);
        snapshots_[arguments.id] = members;
        ExtensionCalls calls(test_.instance());
        Answer answer = calls.group_snapshot(arguments);
        rows_ = calls.groups();
        return answer;
    }
    Answer update(const GroupArguments &arguments) {
        ExtensionCalls calls(test_.instance());
        Answer answer = calls.group_update(arguments);
        rows_ = calls.groups();
        return answer;
    }
    Answer get(const std::string &id) {
        ExtensionCalls calls(test_.instance());
        Answer answer = calls.group_get(id);
        rows_ = calls.groups();
        return answer;
    }
    Answer destroy(const std::string &id, std::uint64_t flags = 0) {
        return ExtensionCalls(test_.instance()).group_destroy(id, flags);
    }
    Answer destroy_snapshot(const std::string &id, std::uint64_t flags = 0) {
        return ExtensionCalls(test_.instance()).group_snapshot_destroy(id, snapshots_[id], flags);
    }

    // OK with one group in it, which has this id.
    GroupRow one(const Answer &answer, const std::string &id) {
        ok(test_, answer);
        test_.expect(rows_.size() == 1, fmt::format("{} emits exactly one group", answer.op),
                     fmt::format("it emitted {}", rows_.size()));
        test_.expect(rows_.front().id == id, fmt::format("the id {}", id), rows_.front().id);
        return rows_.front();
    }
    GroupRow made(const Ids &members) {
        GroupArguments request{.id = test_.fresh_id(), .name = "conformance group"};
        request.add = members;
        return one(create(request), request.id);
    }
    void expect_members(const std::string &id, const Ids &members) {
        const GroupRow row = one(get(id), id);
        test_.expect(row.members == sorted(members), fmt::format("{} members", members.size()),
                     fmt::format("{}, or others", row.members.size()));
    }
    // All pages of a listing; empty: of groups.
    std::vector<GroupRow> all(std::uint64_t page_size, const std::string *group_of_snapshots = nullptr) {
        ExtensionCalls calls(test_.instance());
        std::vector<GroupRow> rows;
        std::set<std::string> seen;
        ListArguments page{.max_entries = page_size};
        for (;;) {
            const Answer answer = group_of_snapshots == nullptr
                                      ? calls.group_list(page)
                                      : calls.group_snapshot_list(*group_of_snapshots, page);
            ok(test_, answer, "lists a page");
            rows.insert(rows.end(), calls.groups().begin(), calls.groups().end());
            if (answer.tokens.empty())
                return rows;
            page.token = answer.tokens.front();
            test_.expect(seen.insert(page.token).second, "a listing that ends", "a page token came again");
        }
    }

private:
    Test &test_;
    std::set<std::string> groups_;
    std::map<std::string, Ids> snapshots_; // with the ids of their members
    std::vector<GroupRow> rows_;           // of the last call
};

bool has(const std::vector<GroupRow> &rows, const std::string &id) {
    return std::any_of(rows.begin(), rows.end(), [&](const GroupRow &row) { return row.id == id; });
}

void create_emits(Test &test) {
    Groups groups(test);
    const Ids members = sorted({test.make_volume().id, test.make_volume().id});
    const GroupRow made = groups.made(members);
    test.expect(made.members == members, "the members as they were given", "others");
    test.expect(made.parent.empty(), "no parent", made.parent);
    test.expect(made.name == "conformance group" || made.name.empty(), "the name as given, or none",
                made.name);
    test.expect(groups.one(groups.get(made.id), made.id) == made, "get tells the same", "something else");
    test.close_all();
    test.expect(groups.one(groups.get(made.id), made.id) == made, "so it does after a new open",
                "something else");
}

void create_idempotent(Test &test) {
    Groups groups(test);
    const Ids members = {test.make_volume().id, test.make_volume().id};
    const GroupRow made = groups.made(members);
    for (const Ids &again : {members, Ids{members[1], members[0]}}) {
        test.expect(groups.one(groups.create({.id = made.id, .name = "conformance group", .add = again}),
                               made.id) == made,
                    "the group that exists", "another one");
    }
    answers(test, groups.create({.id = made.id, .add = {members[0]}}), {DRV_E_EXISTS},
            "the group has other members");
    groups.expect_members(made.id, members);
}

void create_refuses(Test &test) {
    Groups groups(test);
    const BackendVolume volume = test.make_volume();
    const BackendVolume other = test.make_volume();
    const GroupRow made = groups.made({volume.id});
    const std::string id = test.fresh_id();
    answers(test, groups.create({.id = id, .add = {other.id, volume.id}}), {DRV_E_CONFLICT},
            "a volume is in at most one group");
    const Answer missing = groups.create({.id = id, .add = {other.id, test.fresh_id()}});
    answers(test, missing, {DRV_E_NOT_FOUND}, "a member does not exist");
    answers(test, groups.create({.id = id, .add = {other.id}, .remove = {volume.id}}), {DRV_E_INVALID},
            "there is nothing to remove yet");
    answers(test, groups.create({.id = id, .add = {other.id}, .flags = kUnknownFlag}), {DRV_E_INVALID},
            "the flag is unknown");
    answers(test, groups.get(id), {DRV_E_NOT_FOUND}, "nothing was made");
    groups.expect_members(made.id, {volume.id});
}

void update_changes(Test &test) {
    Groups groups(test);
    const std::string one = test.make_volume().id;
    const std::string other = test.make_volume().id;
    const GroupRow made = groups.made({one});
    for (int round = 0; round < 2; ++round) {
        const GroupRow after = groups.one(
            groups.update({.id = made.id, .add = {other}, .remove = {one, test.fresh_id()}}), made.id);
        test.expect(after.members == Ids{other}, "the one that was added, without the one that was removed",
                    fmt::format("{} members, or others", after.members.size()));
        test.expect(after.name == made.name && after.backend_id == made.backend_id,
                    "name and backend id as they were", "others");
    }
    ok(test, test.instance().destroy(one), "works for a volume that has left its group");
}

void update_all_or_none(Test &test) {
    Groups groups(test);
    const std::string one = test.make_volume().id;
    const std::string other = test.make_volume().id;
    const std::string taken = test.make_volume().id;
    const GroupRow made = groups.made({one});
    groups.made({taken});
    answers(test, groups.update({.id = made.id, .add = {other, test.fresh_id()}, .remove = {one}}),
            {DRV_E_NOT_FOUND}, "a volume to add does not exist");
    answers(test, groups.update({.id = made.id, .add = {other, taken}}), {DRV_E_CONFLICT},
            "a volume to add is in another group");
    answers(test, groups.update({.id = made.id, .add = {other}, .remove = {other}}), {DRV_E_INVALID},
            "a volume is in both lists");
    answers(test, groups.update({.id = made.id, .add = {other}, .flags = kUnknownFlag}), {DRV_E_INVALID},
            "the flag is unknown");
    answers(test, groups.update({.id = test.fresh_id(), .add = {other}}), {DRV_E_NOT_FOUND},
            "there is no such group");
    groups.expect_members(made.id, {one});
}

void destroys(Test &test) {
    Groups groups(test);
    const BackendVolume volume = test.make_volume();
    const GroupRow made = groups.made({volume.id});
    answers(test, test.instance().destroy(volume.id), {DRV_E_CONFLICT}, "the volume is in a group");
    answers(test, groups.destroy(made.id, kUnknownFlag), {DRV_E_INVALID}, "the flag is unknown");
    groups.expect_members(made.id, {volume.id});
    for (int round = 0; round < 2; ++round)
        ok(test, groups.destroy(made.id));
    answers(test, groups.get(made.id), {DRV_E_NOT_FOUND}, "it was destroyed");
    same_volume(test, volume, exists(test, test.instance(), volume.id), "get of the volume");
    ok(test, test.instance().destroy(volume.id), "works once the group is gone");
}

void lists(Test &test) {
    Groups groups(test);
    const GroupRow one = groups.made({test.make_volume().id});
    const GroupRow other = groups.made({});
    for (const std::uint64_t page : {0U, 1U, 100U}) {
        const auto rows = groups.all(page);
        test.expect(has(rows, one.id) && has(rows, other.id), "every group", "one is missing");
    }
    answers(test, ExtensionCalls(test.instance()).group_list({.token = "conformance, no such token"}),
            {DRV_E_INVALID}, "that is no page token");
}

struct Taken {
    GroupRow group;
    Ids volumes, snapshots; // by position
    GroupSnapshotArguments request;
};

Taken prepare(Test &test, Groups &groups) {
    Taken taken;
    taken.volumes = {test.make_volume().id, test.make_volume().id};
    taken.group = groups.made(taken.volumes);
    taken.request = {.group_id = taken.group.id, .id = test.fresh_id(), .name = "conformance moment"};
    for (const std::string &volume : taken.volumes) {
        taken.snapshots.push_back(test.fresh_id());
        taken.request.snapshots.emplace_back(volume, taken.snapshots.back());
    }
    return taken;
}

void snapshot_emits(Test &test) {
    Groups groups(test);
    const Taken taken = prepare(test, groups);
    const GroupRow made = groups.one(groups.snapshot(taken.request), taken.request.id);
    test.expect(made.parent == taken.group.id, "the group as parent", made.parent);
    test.expect(made.members == sorted(taken.snapshots), "the snapshots' ids as members", "others");
    for (std::size_t i = 0; i < taken.volumes.size(); ++i) {
        const BackendVolume snapshot =
            one_snapshot(test, test.instance().snapshot_get(taken.snapshots[i]), taken.snapshots[i]);
        test.expect(snapshot.parent == taken.volumes[i], "each is a snapshot of its volume", snapshot.parent);
    }
    test.expect(groups.one(groups.snapshot(taken.request), taken.request.id) == made,
                "the same ids again emit the one that exists", "another one");
    test.expect(groups.one(groups.get(made.id), made.id) == made, "get tells the same", "something else");
    const std::string none;
    for (const std::string *of : {&taken.group.id, &none}) {
        test.expect(has(groups.all(0, of), made.id), "it is among the snapshots of its group, and of all",
                    "it is not");
    }
    const std::string stranger = test.fresh_id();
    test.expect(groups.all(0, &stranger).empty(), "a group that does not exist has none", "it has");
    test.expect(!has(groups.all(0), made.id), "it is not among the groups", "it is");
}

void snapshot_refuses(Test &test) {
    Groups groups(test);
    const Taken taken = prepare(test, groups);
    const std::string stranger = test.make_volume().id;
    const auto refused = [&](const GroupSnapshotArguments &request, drv_status code,
                             std::string_view because) {
        answers(test, groups.snapshot(request), {code}, because);
        answers(test, groups.get(request.id), {DRV_E_NOT_FOUND}, "nothing was made");
        for (const auto &[volume, snapshot] : request.snapshots) {
            if (!snapshot.empty())
                answers(test, test.instance().snapshot_get(snapshot), {DRV_E_NOT_FOUND}, "nothing was made");
        }
    };
    GroupSnapshotArguments request = taken.request;
    request.snapshots.pop_back();
    refused(request, DRV_E_INVALID, "a member is missing");
    request.snapshots.emplace_back(stranger, test.fresh_id());
    refused(request, DRV_E_INVALID, "one is no member");
    request = taken.request;
    request.snapshots.emplace_back(stranger, test.fresh_id());
    refused(request, DRV_E_INVALID, "one too many");
    request = taken.request;
    request.flags = kUnknownFlag;
    refused(request, DRV_E_INVALID, "the flag is unknown");
    request = taken.request;
    request.group_id = test.fresh_id();
    refused(request, DRV_E_NOT_FOUND, "there is no such group");
}

void snapshot_exists(Test &test) {
    Groups groups(test);
    const Taken taken = prepare(test, groups);
    const BackendVolume other = test.make_volume();
    const BackendVolume own = test.make_snapshot(other.id);
    GroupSnapshotArguments request = taken.request;
    request.snapshots.back().second = own.id;
    // Not through the list of what is to be taken away: the snapshot is not the group's.
    answers(test, ExtensionCalls(test.instance()).group_snapshot(request), {DRV_E_EXISTS},
            "the id is another volume's snapshot");
    same_volume(test, own, one_snapshot(test, test.instance().snapshot_get(own.id), own.id), "get");
    answers(test, test.instance().snapshot_get(taken.snapshots.front()), {DRV_E_NOT_FOUND},
            "none was taken, since not all could be");
    groups.one(groups.snapshot(taken.request), taken.request.id);
    request = taken.request;
    for (auto &[volume, snapshot] : request.snapshots)
        snapshot = test.fresh_id();
    answers(test, ExtensionCalls(test.instance()).group_snapshot(request), {DRV_E_EXISTS},
            "the id has other snapshots");
}

void snapshot_destroys(Test &test) {
    Groups groups(test);
    const Taken taken = prepare(test, groups);
    groups.one(groups.snapshot(taken.request), taken.request.id);
    answers(test, groups.destroy(taken.group.id), {DRV_E_CONFLICT}, "the group has a snapshot");
    answers(test, groups.destroy_snapshot(taken.request.id, kUnknownFlag), {DRV_E_INVALID},
            "the flag is unknown");
    groups.expect_members(taken.request.id, taken.snapshots);
    for (int round = 0; round < 2; ++round)
        ok(test, groups.destroy_snapshot(taken.request.id));
    answers(test, groups.get(taken.request.id), {DRV_E_NOT_FOUND}, "it was destroyed");
    for (const std::string &id : taken.snapshots) {
        answers(test, test.instance().snapshot_get(id), {DRV_E_NOT_FOUND},
                "it was destroyed with the others");
    }
    ok(test, groups.destroy(taken.group.id), "works once the snapshot is gone");
}

void one_by_one(Test &test) {
    Groups groups(test);
    const Taken taken = prepare(test, groups);
    groups.one(groups.snapshot(taken.request), taken.request.id);
    ok(test, test.instance().snapshot_destroy(taken.snapshots.front()));
    groups.expect_members(taken.request.id, {taken.snapshots.back()});
    ok(test, groups.destroy_snapshot(taken.request.id));
    answers(test, test.instance().snapshot_get(taken.snapshots.back()), {DRV_E_NOT_FOUND},
            "it went with its group snapshot");
}

void snapshot_data(Test &test) {
    DataPath path(test);
    Groups groups(test);
    const Taken taken = prepare(test, groups);
    const std::uint64_t bytes = test.small_bytes();
    std::vector<Plugged> plugged;
    for (std::size_t i = 0; i < taken.volumes.size(); ++i) {
        plugged.push_back(path.plug(taken.volumes[i]));
        path.write(plugged.back(), 80 + i, bytes);
    }
    groups.one(groups.snapshot(taken.request), taken.request.id);
    for (std::size_t i = 0; i < taken.volumes.size(); ++i) {
        path.write(plugged[i], 90 + i, bytes);
        path.unplug(plugged[i]);
    }
    for (std::size_t i = 0; i < taken.volumes.size(); ++i) {
        ok(test, test.instance().snapshot_revert(taken.snapshots[i]));
        path.expect_volume(taken.volumes[i], 80 + i, bytes,
                           "the snapshot has every write that was complete before it, and none after");
    }
}

} // namespace

void add_group_cases(Registry &all) {
    all.advertised("ext.group.create.emits", kGroup,
                   "A group is emitted once with its id and members, and found again after a new open.",
                   create_emits);
    all.advertised(
        "ext.group.create.idempotent", kGroup,
        "The same id and members again, in any order, is the same group; other members are EXISTS.",
        create_idempotent);
    all.advertised("ext.group.create.refuses", kGroup,
                   "A member in another group, one that does not exist, a removal and an unknown flag are "
                   "refused, and nothing is made.",
                   create_refuses);
    all.advertised("ext.group.update.changes", kGroup,
                   "Update adds and removes members; repeating it and removing strangers changes nothing.",
                   update_changes);
    all.advertised("ext.group.update.all-or-none", kGroup,
                   "An update that is refused changes nothing at all.", update_all_or_none);
    all.advertised("ext.group.destroy", kGroup,
                   "Members cannot be destroyed; a destroyed group leaves its volumes, and again is OK.",
                   destroys);
    all.advertised("ext.group.list", kGroup, "Every group is listed, whatever the size of the page.", lists);
    all.advertised("ext.group.snapshot.emits", kWithSnapshots,
                   "A group snapshot is emitted once with an ordinary snapshot of each member, and again for "
                   "the same ids.",
                   snapshot_emits);
    all.advertised("ext.group.snapshot.refuses", kWithSnapshots,
                   "Snapshots that do not match the members are INVALID, and none is taken.",
                   snapshot_refuses);
    all.advertised("ext.group.snapshot.exists", kWithSnapshots,
                   "An id that belongs to another snapshot answers EXISTS, and none is taken.",
                   snapshot_exists);
    all.advertised("ext.group.snapshot.destroy", kWithSnapshots,
                   "Destroying a group snapshot removes all its snapshots, and again is OK; until then its "
                   "group cannot be destroyed.",
                   snapshot_destroys);
    all.advertised("ext.group.snapshot.one-by-one", kWithSnapshots,
                   "The snapshots of a group snapshot may be destroyed one by one.", one_by_one);
    all.advertised("ext.group.snapshot.data", kWithSnapshots,
                   "The snapshots of volumes in use hold what was written before, and nothing written after.",
                   snapshot_data);
    all.advertised(
        "ext.group.not-found", kGroup, "Get of a group that does not exist answers NOT_FOUND.",
        [](Test &test) {
            ExtensionCalls calls(test.instance());
            answers(test, calls.group_get(test.fresh_id()), {DRV_E_NOT_FOUND}, "there is no such group");
            ok(test, calls.group_destroy(test.fresh_id()), "is OK for an absent group");
            ok(test, calls.group_snapshot_destroy(test.fresh_id()), "is OK for an absent group snapshot");
        });
    all.advertised(
        "ext.group.bad-ids", kGroup, "Ids that are empty, 64 KiB long or not UTF-8 answer INVALID.",
        [](Test &test) {
            ExtensionCalls calls(test.instance());
            for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")}) {
                answers(test, calls.group_create({.id = id}), {DRV_E_INVALID}, "that is no id");
                answers(test, calls.group_create({.id = test.fresh_id(), .add = {id}}), {DRV_E_INVALID},
                        "that is no volume id");
                answers(test, calls.group_update({.id = id}), {DRV_E_INVALID}, "that is no id");
                answers(test, calls.group_destroy(id), {DRV_E_INVALID}, "that is no id");
                answers(test, calls.group_get(id), {DRV_E_INVALID}, "that is no id");
                answers(test, calls.group_snapshot_destroy(id), {DRV_E_INVALID}, "that is no id");
            }
        });
}

} // namespace drover::conformance
