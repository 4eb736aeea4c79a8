// data: what snapshots hold.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kSnapshot{.extension = DRV_EXT_SNAPSHOT};
constexpr Needs kSnapshotAndExtend{.extension = DRV_EXT_SNAPSHOT, .second = DRV_EXT_EXTEND};

// A snapshot's data can only be seen through a clone of it.
void expect_in_snapshot(Test &test, DataPath &path, const BackendVolume &snapshot, std::uint64_t seed,
                        std::string_view what) {
    CreateArguments request = test.small_volume();
    request.bytes = 0;
    const BackendVolume made =
        one_volume(test, test.instance().snapshot_clone(snapshot.id, request), request.id);
    path.expect_volume(made.id, seed, snapshot.bytes, what);
    ok(test, test.instance().destroy(made.id));
}

void never_changes(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 20);
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    path.write_volume(volume, 21);
    expect_in_snapshot(test, path, snapshot, 20, "the snapshot holds what the volume held when it was taken");
    path.write_volume(volume, 22);
    expect_in_snapshot(test, path, snapshot, 20, "the snapshot still holds it");
    path.expect_volume(volume.id, 22, volume.bytes, "the volume holds what was written last");
}

void each_its_own(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 23);
    const BackendVolume first = test.make_snapshot(volume.id);
    path.write_volume(volume, 24);
    const BackendVolume second = test.make_snapshot(volume.id);
    path.write_volume(volume, 25);
    expect_in_snapshot(test, path, first, 23, "the first snapshot's data");
    expect_in_snapshot(test, path, second, 24, "the second snapshot's data");
    ok(test, test.instance().snapshot_destroy(first.id));
    expect_in_snapshot(test, path, second, 24, "the second snapshot's data after the first was destroyed");
    path.expect_volume(volume.id, 25, volume.bytes, "the volume's data after a snapshot was destroyed");
}

void create_again(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 26);
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    path.write_volume(volume, 27);
    const SnapshotArguments again{.volume_id = volume.id, .snapshot_id = snapshot.id, .name = snapshot.name};
    one_snapshot(test, test.instance().snapshot_create(again), snapshot.id);
    expect_in_snapshot(test, path, snapshot, 26, "the same create again keeps the data the snapshot had");
}

// As the agent does it: frozen, snapshotted, thawed, while the volume is in use.
void of_mounted(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    const Plugged plugged = path.plug(volume.id);
    path.format(plugged);
    path.mount(plugged);
    path.write_files(plugged, 28);
    auto freeze = path.freeze(plugged);
    const std::string id = test.fresh_id();
    const Answer taken = test.instance().snapshot_create({.volume_id = volume.id, .snapshot_id = id});
    const auto thawed = freeze.release();
    one_snapshot(test, taken, id);
    test.expect(thawed.has_value(), "frozen from before the snapshot until after it",
                thawed ? "" : thawed.error().message);
    path.write_files(plugged, 29);
    path.unmount(plugged);
    path.unplug(plugged);
    CreateArguments request = test.small_volume();
    request.bytes = 0;
    one_volume(test, test.instance().snapshot_clone(id, request), request.id);
    const Plugged clone = path.plug(request.id);
    path.mount(clone);
    path.expect_files(clone, 28, "a clone of the snapshot mounts and has the files as they were");
    path.unmount(clone);
    path.unplug(clone);
}

void clone_apart(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 30);
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    CreateArguments request = test.small_volume();
    request.bytes = 0;
    const BackendVolume made =
        one_volume(test, test.instance().snapshot_clone(snapshot.id, request), request.id);
    path.write_volume(made, 31);
    path.expect_volume(volume.id, 30, volume.bytes, "writing to the clone leaves the volume alone");
    expect_in_snapshot(test, path, snapshot, 30, "writing to the clone leaves the snapshot alone");
    path.write_volume(volume, 32);
    path.expect_volume(made.id, 31, made.bytes, "writing to the volume leaves the clone alone");
    one_volume(test, test.instance().snapshot_clone(snapshot.id, request), request.id);
    path.expect_volume(made.id, 31, made.bytes, "the same clone again keeps the data of the clone");
}

void revert(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 33);
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    for (const std::uint64_t seed : {34U, 35U}) {
        path.write_volume(volume, seed);
        ok(test, test.instance().snapshot_revert(snapshot.id));
        path.expect_volume(volume.id, 33, volume.bytes, "the volume holds the snapshot's data again");
    }
    path.write_volume(volume, 36);
    expect_in_snapshot(test, path, snapshot, 33, "writing after a revert leaves the snapshot alone");
}

void revert_after_extend(Test &test) {
    DataPath path(test);
    const BackendVolume volume = test.make_volume();
    path.write_volume(volume, 37);
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    path.write_volume(grown, 38);
    ok(test, test.instance().snapshot_revert(snapshot.id));
    const Plugged plugged = path.plug(volume.id);
    test.expect(plugged.device.bytes == volume.bytes, fmt::format("a device of {} bytes again", volume.bytes),
                fmt::format("{} bytes", plugged.device.bytes));
    path.expect_pattern(plugged, 37, volume.bytes, "the volume holds the snapshot's data again");
    path.unplug(plugged);
}

} // namespace

void add_data_snapshot_cases(Registry &all) {
    all.advertised("data.snapshot.never-changes", kSnapshot,
                   "A snapshot holds what the volume held when it was taken, whatever is written later.",
                   never_changes);
    all.advertised("data.snapshot.each-its-own", kSnapshot,
                   "Several snapshots each hold their own data, also after one is destroyed.", each_its_own);
    all.advertised("data.snapshot.create-again", kSnapshot,
                   "The same create again keeps the data that the snapshot had.", create_again);
    all.advertised(
        "data.snapshot.of-mounted", kSnapshot,
        "A snapshot taken of a mounted, frozen filesystem gives a clone that mounts with its files.",
        of_mounted);
    all.advertised("data.snapshot.clone-apart", kSnapshot,
                   "A clone, its snapshot and the volume do not see each other's writes.", clone_apart);
    all.advertised(
        "data.snapshot.revert", kSnapshot,
        "Revert brings the snapshot's data back, again and again, and leaves the snapshot as it was.",
        revert);
    all.advertised("data.snapshot.revert-after-extend", kSnapshotAndExtend,
                   "Revert of a volume that grew brings back size and data.", revert_after_extend);
}

} // namespace drover::conformance
