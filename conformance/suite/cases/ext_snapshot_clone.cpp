// drv.snapshot/1: clone.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/cases/clone_rules.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kSnapshot{.extension = DRV_EXT_SNAPSHOT};

constexpr CloneRules kRules{
    .clone =
        [](Test &test, const std::string &source, const CreateArguments &request,
           const CallOptions &options) { return test.instance().snapshot_clone(source, request, options); },
    .make_source = [](Test &test) { return test.make_snapshot(test.make_volume().id); }};

void destroy_snapshot(Test &test) {
    Instance &instance = test.instance();
    const BackendVolume snapshot = kRules.make_source(test);
    const CreateArguments request = test.small_volume();
    one_volume(test, instance.snapshot_clone(snapshot.id, request), request.id);
    const Answer answer = instance.snapshot_destroy(snapshot.id);
    answers(test, answer, {DRV_OK, DRV_E_CONFLICT}, "the clone needs it or not");
    if (!answer.is_ok())
        one_snapshot(test, instance.snapshot_get(snapshot.id), snapshot.id);
    exists(test, instance, request.id);
    ok(test, instance.destroy(request.id));
    ok(test, instance.snapshot_destroy(snapshot.id), "works once the clone is gone");
}

void of_volume_id(Test &test) {
    const BackendVolume volume = test.make_volume();
    const CreateArguments request = test.small_volume();
    answers(test, test.instance().snapshot_clone(volume.id, request), {DRV_E_NOT_FOUND},
            "a volume is no snapshot");
    absent(test, test.instance(), request.id);
}

} // namespace

void add_snapshot_clone_cases(Registry &all) {
    all.advertised("ext.snapshot.clone.emits", kSnapshot,
                   "A clone of a snapshot is a new volume, emitted once.",
                   [](Test &test) { kRules.emits(test); });
    all.advertised("ext.snapshot.clone.idempotent", kSnapshot,
                   "The same clone again emits the volume that exists.",
                   [](Test &test) { kRules.idempotent(test); });
    all.advertised("ext.snapshot.clone.other-shape-exists", kSnapshot,
                   "A known id with another size answers EXISTS.",
                   [](Test &test) { kRules.other_shape(test); });
    all.advertised("ext.snapshot.clone.existing-volume", kSnapshot,
                   "Cloning onto the id of another volume does not touch that volume.",
                   [](Test &test) { kRules.existing_volume(test); });
    all.advertised("ext.snapshot.clone.smaller-invalid", kSnapshot,
                   "A clone smaller than its snapshot answers INVALID.",
                   [](Test &test) { kRules.smaller(test); });
    all.advertised("ext.snapshot.clone.larger", kSnapshot, "A clone can be larger than its snapshot.",
                   [](Test &test) { kRules.larger(test); });
    all.advertised("ext.snapshot.clone.own-size", kSnapshot,
                   "Size 0 means the snapshot's size, also when it is asked again.",
                   [](Test &test) { kRules.own_size(test); });
    all.advertised("ext.snapshot.clone.unknown-snapshot", kSnapshot,
                   "A clone of a snapshot that does not exist answers NOT_FOUND.",
                   [](Test &test) { kRules.unknown_source(test); });
    all.advertised("ext.snapshot.clone.of-volume-id", kSnapshot,
                   "The id of a volume is no snapshot to clone: NOT_FOUND.", of_volume_id);
    all.advertised("ext.snapshot.clone.unknown-flag", kSnapshot, "An unknown flag bit answers INVALID.",
                   [](Test &test) { kRules.unknown_flag(test); });
    all.advertised("ext.snapshot.clone.unknown-profile", kSnapshot,
                   "A profile that does not exist answers INVALID.",
                   [](Test &test) { kRules.unknown_profile(test); });
    all.advertised("ext.snapshot.clone.deadline-past", kSnapshot,
                   "A clone whose deadline has passed is not made.",
                   [](Test &test) { kRules.deadline_past(test); });
    all.advertised("ext.snapshot.clone.destroy-snapshot", kSnapshot,
                   "A snapshot with a clone is destroyed, or kept with CONFLICT until the clone is gone.",
                   destroy_snapshot);
}

} // namespace drover::conformance
