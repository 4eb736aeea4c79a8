// drv.clone/1.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/cases/clone_rules.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kClone{.extension = DRV_EXT_CLONE};

constexpr CloneRules kRules{
    .clone = [](Test &test, const std::string &source, const CreateArguments &request,
                const CallOptions &options) { return test.instance().clone(source, request, options); },
    .make_source = [](Test &test) { return test.make_volume(); }};

void independent(Test &test) {
    Instance &instance = test.instance();
    const BackendVolume source = test.make_volume();
    CreateArguments request = test.small_volume();
    request.flags = DRV_CLONE_INDEPENDENT;
    const BackendVolume made = one_volume(test, instance.clone(source.id, request), request.id);
    ok(test, instance.destroy(source.id), "of the source works, since the clone was asked to be independent");
    same_volume(test, made, exists(test, instance, made.id), "get of the clone");
}

void destroy_source(Test &test) {
    Instance &instance = test.instance();
    const BackendVolume source = test.make_volume();
    const CreateArguments request = test.small_volume();
    one_volume(test, instance.clone(source.id, request), request.id);
    answers(test, instance.destroy(source.id), {DRV_OK, DRV_E_CONFLICT}, "the clone needs it or not");
    exists(test, instance, request.id);
    ok(test, instance.destroy(request.id));
    ok(test, instance.destroy(source.id), "of the source works once the clone is gone");
}

void attached_source(Test &test) {
    const BackendVolume source = test.make_volume();
    const Connection before = test.attach_first(source.id);
    const CreateArguments request = test.small_volume();
    one_volume(test, test.instance().clone(source.id, request), request.id);
    test.expect(one_connection(test, test.instance().resolve({.id = source.id, .node = test.first()})) ==
                    before,
                "the source is attached as before", "another connection");
}

} // namespace

void add_clone_cases(Registry &all) {
    all.advertised("ext.clone.emits", kClone, "A clone is a new volume, emitted once.",
                   [](Test &test) { kRules.emits(test); });
    all.advertised("ext.clone.idempotent", kClone, "The same clone again emits the volume that exists.",
                   [](Test &test) { kRules.idempotent(test); });
    all.advertised("ext.clone.other-shape-exists", kClone, "A known id with another size answers EXISTS.",
                   [](Test &test) { kRules.other_shape(test); });
    all.advertised("ext.clone.existing-volume", kClone,
                   "Cloning onto the id of another volume does not touch that volume.",
                   [](Test &test) { kRules.existing_volume(test); });
    all.advertised("ext.clone.smaller-invalid", kClone, "A clone smaller than its source answers INVALID.",
                   [](Test &test) { kRules.smaller(test); });
    all.advertised("ext.clone.larger", kClone, "A clone can be larger than its source.",
                   [](Test &test) { kRules.larger(test); });
    all.advertised("ext.clone.own-size", kClone,
                   "Size 0 means the source's size, also when it is asked again.",
                   [](Test &test) { kRules.own_size(test); });
    all.advertised("ext.clone.unknown-source", kClone, "A clone of what does not exist answers NOT_FOUND.",
                   [](Test &test) { kRules.unknown_source(test); });
    all.advertised("ext.clone.unknown-flag", kClone, "An unknown flag bit answers INVALID.",
                   [](Test &test) { kRules.unknown_flag(test); });
    all.advertised("ext.clone.unknown-profile", kClone, "A profile that does not exist answers INVALID.",
                   [](Test &test) { kRules.unknown_profile(test); });
    all.advertised("ext.clone.deadline-past", kClone, "A clone whose deadline has passed is not made.",
                   [](Test &test) { kRules.deadline_past(test); });
    all.advertised("ext.clone.independent", kClone, "The source of an independent clone can be destroyed.",
                   independent);
    all.advertised(
        "ext.clone.destroy-source", kClone,
        "The source of any other clone is destroyed, or kept with CONFLICT until the clone is gone.",
        destroy_source);
    all.advertised("ext.clone.attached-source", kClone,
                   "A volume that is attached can be cloned and stays attached.", attached_source);
}

} // namespace drover::conformance
