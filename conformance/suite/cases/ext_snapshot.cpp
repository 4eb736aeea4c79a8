// drv.snapshot/1: create, destroy, get and revert. Listing and clones are in files of their own, data in
// data_*.cpp.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kSnapshot{.extension = DRV_EXT_SNAPSHOT};
constexpr Needs kSnapshotAndExtend{.extension = DRV_EXT_SNAPSHOT, .second = DRV_EXT_EXTEND};
constexpr std::uint64_t kUnknownFlag = 1ULL << 63U;

void create_emits(Test &test) {
    const BackendVolume volume = test.make_volume();
    const SnapshotArguments request{
        .volume_id = volume.id, .snapshot_id = test.fresh_id(), .name = "before the upgrade"};
    const BackendVolume snapshot =
        one_snapshot(test, test.instance().snapshot_create(request), request.snapshot_id);
    test.expect(snapshot.parent == volume.id, fmt::format("the parent is {}", volume.id),
                fmt::format("\"{}\"", snapshot.parent));
    test.expect(snapshot.bytes == volume.bytes, fmt::format("{} bytes, the volume's size", volume.bytes),
                fmt::format("{}", snapshot.bytes));
    test.expect(snapshot.name == request.name || snapshot.name.empty(), "the name as it was given, or none",
                fmt::format("\"{}\"", snapshot.name));
    same_volume(test, snapshot,
                one_snapshot(test, test.instance().snapshot_get(request.snapshot_id), request.snapshot_id),
                "get");
    same_volume(test, volume, exists(test, test.instance(), volume.id), "get of the volume");
}

void create_idempotent(Test &test) {
    const BackendVolume volume = test.make_volume();
    const BackendVolume first = test.make_snapshot(volume.id);
    for (int round = 0; round < 3; ++round) {
        const SnapshotArguments again{.volume_id = volume.id, .snapshot_id = first.id, .name = first.name};
        same_volume(test, first, one_snapshot(test, test.instance().snapshot_create(again), first.id),
                    "create again");
    }
    test.expect(list_snapshots(test, test.instance(), volume.id).size() == 1, "one snapshot", "several");
}

void create_bad_ids(Test &test) {
    const BackendVolume volume = test.make_volume();
    for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")}) {
        Instance &instance = test.instance();
        answers(test, instance.snapshot_create({.volume_id = volume.id, .snapshot_id = id}), {DRV_E_INVALID},
                "that is no id");
        answers(test, instance.snapshot_create({.volume_id = id, .snapshot_id = test.fresh_id()}),
                {DRV_E_INVALID}, "that is no volume id");
        answers(test, instance.snapshot_get(id), {DRV_E_INVALID}, "that is no id");
        answers(test, instance.snapshot_destroy(id), {DRV_E_INVALID}, "that is no id");
        answers(test, instance.snapshot_revert(id), {DRV_E_INVALID}, "that is no id");
    }
}

// The id of a volume is not the id of a snapshot, nor the other way round.
void kinds_apart(Test &test) {
    Instance &instance = test.instance();
    const BackendVolume volume = test.make_volume();
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    answers(test, instance.snapshot_get(volume.id), {DRV_E_NOT_FOUND}, "a volume is no snapshot");
    answers(test, instance.get(snapshot.id), {DRV_E_NOT_FOUND}, "a snapshot is no volume");
    answers(test, instance.attach({.id = snapshot.id, .node = test.first()}),
            {DRV_E_NOT_FOUND, DRV_E_INVALID}, "a snapshot is no volume");
    answers(test, instance.snapshot_destroy(volume.id), {DRV_OK, DRV_E_INVALID}, "there is no such snapshot");
    exists(test, instance, volume.id);
    answers(test, instance.destroy(snapshot.id), {DRV_OK, DRV_E_INVALID, DRV_E_CONFLICT},
            "there is no such volume");
    one_snapshot(test, instance.snapshot_get(snapshot.id), snapshot.id);
    test.expect(!contains(list_all(test, instance), snapshot.id), "the core listing has no snapshots",
                "it has");
}

void volume_with_snapshots(Test &test) {
    Instance &instance = test.instance();
    const BackendVolume volume = test.make_volume();
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    const Answer answer = instance.destroy(volume.id);
    answers(test, answer, {DRV_E_CONFLICT, DRV_OK},
            "it has a snapshot, which either needs it or lives on without it");
    one_snapshot(test, instance.snapshot_get(snapshot.id), snapshot.id);
    if (!answer.is_ok())
        exists(test, instance, volume.id);
    ok(test, instance.snapshot_destroy(snapshot.id));
    ok(test, instance.destroy(volume.id), "works once the snapshot is gone");
}

void revert_attached(Test &test) {
    const BackendVolume volume = test.make_volume();
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    const Connection before = test.attach_first(volume.id);
    answers(test, test.instance().snapshot_revert(snapshot.id), {DRV_E_CONFLICT}, "the volume is attached");
    test.expect(one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()})) ==
                    before,
                "still attached", "another connection");
}

void revert_newer(Test &test) {
    Instance &instance = test.instance();
    const BackendVolume volume = test.make_volume();
    const BackendVolume older = test.make_snapshot(volume.id);
    const BackendVolume newer = test.make_snapshot(volume.id);
    answers(test, instance.snapshot_revert(older.id), {DRV_OK, DRV_E_CONFLICT},
            "a newer snapshot survives it, or forbids it");
    one_snapshot(test, instance.snapshot_get(newer.id), newer.id);
    one_snapshot(test, instance.snapshot_get(older.id), older.id);
}

void revert_size(Test &test) {
    Instance &instance = test.instance();
    const BackendVolume volume = test.make_volume();
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    ok(test, instance.extend(volume.id, test.grown_bytes()));
    ok(test, instance.snapshot_revert(snapshot.id));
    const BackendVolume after = exists(test, instance, volume.id);
    test.expect(after.bytes == volume.bytes, fmt::format("the size it had: {} bytes", volume.bytes),
                fmt::format("{}", after.bytes));
}

} // namespace

void add_snapshot_cases(Registry &all) {
    all.advertised("ext.snapshot.create.emits", kSnapshot,
                   "A snapshot is emitted once, with its id, its volume as parent and the volume's size.",
                   create_emits);
    all.advertised("ext.snapshot.create.idempotent", kSnapshot,
                   "The same create again emits the snapshot that exists.", create_idempotent);
    all.advertised("ext.snapshot.create.several", kSnapshot, "A volume can have several snapshots.",
                   [](Test &test) {
                       const BackendVolume volume = test.make_volume();
                       const BackendVolume first = test.make_snapshot(volume.id);
                       const BackendVolume second = test.make_snapshot(volume.id);
                       test.expect(first.backend_id != second.backend_id, "two backend ids", "one");
                   });
    all.advertised("ext.snapshot.create.attached", kSnapshot,
                   "A volume that is attached can be snapshotted and stays attached.", [](Test &test) {
                       const BackendVolume volume = test.make_volume();
                       test.attach_first(volume.id);
                       test.make_snapshot(volume.id);
                   });
    all.advertised("ext.snapshot.create.unknown-volume", kSnapshot,
                   "A snapshot of a volume that does not exist answers NOT_FOUND.", [](Test &test) {
                       answers(test,
                               test.instance().snapshot_create(
                                   {.volume_id = test.fresh_id(), .snapshot_id = test.fresh_id()}),
                               {DRV_E_NOT_FOUND}, "there is no such volume");
                   });
    all.advertised(
        "ext.snapshot.create.id-of-other-volume", kSnapshot,
        "A snapshot id that belongs to another volume answers EXISTS.", [](Test &test) {
            const BackendVolume one = test.make_volume();
            const BackendVolume other = test.make_volume();
            const BackendVolume snapshot = test.make_snapshot(one.id);
            answers(test,
                    test.instance().snapshot_create({.volume_id = other.id, .snapshot_id = snapshot.id}),
                    {DRV_E_EXISTS}, "the id is another volume's snapshot");
            same_volume(test, snapshot,
                        one_snapshot(test, test.instance().snapshot_get(snapshot.id), snapshot.id), "get");
        });
    all.advertised("ext.snapshot.create.unknown-flag", kSnapshot,
                   "An unknown flag bit answers INVALID and makes nothing.", [](Test &test) {
                       const BackendVolume volume = test.make_volume();
                       for (const std::uint64_t flag : {kUnknownFlag, std::uint64_t{1}}) {
                           const std::string id = test.fresh_id();
                           answers(test,
                                   test.instance().snapshot_create(
                                       {.volume_id = volume.id, .snapshot_id = id, .flags = flag}),
                                   {DRV_E_INVALID}, "the flag is unknown");
                           answers(test, test.instance().snapshot_get(id), {DRV_E_NOT_FOUND},
                                   "nothing was made");
                       }
                   });
    all.advertised("ext.snapshot.bad-ids", kSnapshot,
                   "Ids that are empty, 64 KiB long or not UTF-8 answer INVALID from every op.",
                   create_bad_ids);
    all.advertised("ext.snapshot.kinds-apart", kSnapshot,
                   "Volume ops do not see snapshots, and snapshot ops do not see volumes.", kinds_apart);
    all.advertised("ext.snapshot.get.not-found", kSnapshot,
                   "Get of a snapshot that does not exist answers NOT_FOUND.", [](Test &test) {
                       answers(test, test.instance().snapshot_get(test.fresh_id()), {DRV_E_NOT_FOUND},
                               "there is no such snapshot");
                   });
    all.advertised("ext.snapshot.reopen", kSnapshot,
                   "A snapshot is found again, as it was, after close and open.", [](Test &test) {
                       const BackendVolume volume = test.make_volume();
                       const BackendVolume snapshot = test.make_snapshot(volume.id);
                       test.close_all();
                       same_volume(test, snapshot,
                                   one_snapshot(test, test.instance().snapshot_get(snapshot.id), snapshot.id),
                                   "get after a new open");
                   });
    all.advertised(
        "ext.snapshot.destroy.removes", kSnapshot,
        "A destroyed snapshot is neither found nor listed, and its volume is untouched.", [](Test &test) {
            const BackendVolume volume = test.make_volume();
            const BackendVolume snapshot = test.make_snapshot(volume.id);
            const BackendVolume stays = test.make_snapshot(volume.id);
            ok(test, test.instance().snapshot_destroy(snapshot.id));
            answers(test, test.instance().snapshot_get(snapshot.id), {DRV_E_NOT_FOUND}, "it was destroyed");
            one_snapshot(test, test.instance().snapshot_get(stays.id), stays.id);
            same_volume(test, volume, exists(test, test.instance(), volume.id), "get of the volume");
        });
    all.advertised("ext.snapshot.destroy.absent-ok", kSnapshot,
                   "Destroying a snapshot that does not exist, or again, is OK.", [](Test &test) {
                       ok(test, test.instance().snapshot_destroy(test.fresh_id()));
                       const BackendVolume snapshot = test.make_snapshot(test.make_volume().id);
                       for (int round = 0; round < 2; ++round)
                           ok(test, test.instance().snapshot_destroy(snapshot.id));
                   });
    all.advertised("ext.snapshot.destroy.unknown-flag", kSnapshot,
                   "An unknown flag bit answers INVALID and destroys nothing.", [](Test &test) {
                       const BackendVolume snapshot = test.make_snapshot(test.make_volume().id);
                       answers(test, test.instance().snapshot_destroy(snapshot.id, kUnknownFlag),
                               {DRV_E_INVALID}, "the flag is unknown");
                       one_snapshot(test, test.instance().snapshot_get(snapshot.id), snapshot.id);
                   });
    all.advertised("ext.snapshot.volume-destroy", kSnapshot,
                   "Destroying a volume that has snapshots answers CONFLICT, or the snapshots live on.",
                   volume_with_snapshots);
    all.advertised("ext.snapshot.revert.repeat", kSnapshot, "Reverting twice is OK, and the snapshot stays.",
                   [](Test &test) {
                       const BackendVolume volume = test.make_volume();
                       const BackendVolume snapshot = test.make_snapshot(volume.id);
                       for (int round = 0; round < 2; ++round)
                           ok(test, test.instance().snapshot_revert(snapshot.id));
                       one_snapshot(test, test.instance().snapshot_get(snapshot.id), snapshot.id);
                   });
    all.advertised("ext.snapshot.revert.attached-conflict", kSnapshot,
                   "A volume that is attached is not reverted: CONFLICT.", revert_attached);
    all.advertised("ext.snapshot.revert.not-found", kSnapshot,
                   "Reverting to a snapshot that does not exist answers NOT_FOUND.", [](Test &test) {
                       answers(test, test.instance().snapshot_revert(test.fresh_id()), {DRV_E_NOT_FOUND},
                               "there is no such snapshot");
                   });
    all.advertised("ext.snapshot.revert.unknown-flag", kSnapshot, "An unknown flag bit answers INVALID.",
                   [](Test &test) {
                       const BackendVolume snapshot = test.make_snapshot(test.make_volume().id);
                       answers(test, test.instance().snapshot_revert(snapshot.id, kUnknownFlag),
                               {DRV_E_INVALID}, "the flag is unknown");
                   });
    all.advertised("ext.snapshot.revert.newer-survive", kSnapshot,
                   "Reverting keeps newer snapshots, or refuses with CONFLICT because of them.",
                   revert_newer);
    all.advertised("ext.snapshot.revert.size", kSnapshotAndExtend,
                   "Reverting brings back the size the volume had.", revert_size);
    all.advertised(
        "ext.snapshot.deadline-past", kSnapshot, "Snapshot ops whose deadline has passed change nothing.",
        [](Test &test) {
            const CallOptions late{.deadline =
                                       Deadline::at(Deadline::Clock::now() - std::chrono::seconds(1))};
            const BackendVolume volume = test.make_volume();
            const std::string id = test.fresh_id();
            answers(test, test.instance().snapshot_create({.volume_id = volume.id, .snapshot_id = id}, late),
                    {DRV_E_DEADLINE, DRV_E_CANCELLED}, "it came too late");
            answers(test, test.instance().snapshot_get(id), {DRV_E_NOT_FOUND}, "nothing was made");
            const BackendVolume snapshot = test.make_snapshot(volume.id);
            answers(test, test.instance().snapshot_destroy(snapshot.id, 0, late),
                    {DRV_E_DEADLINE, DRV_E_CANCELLED}, "it came too late");
            one_snapshot(test, test.instance().snapshot_get(snapshot.id), snapshot.id);
        });
}

} // namespace drover::conformance
