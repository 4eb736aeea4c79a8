// core: destroy.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

void attached_conflict(Test &test) {
    const BackendVolume volume = test.make_volume();
    const Connection before = test.attach_first(volume.id);
    answers(test, test.instance().destroy(volume.id), {DRV_E_CONFLICT}, "it is attached");
    exists(test, test.instance(), volume.id);
    const Connection after =
        one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()}));
    test.expect(before == after, "the attachment is as before", "it changed");
    test.detach_first(volume.id);
    ok(test, test.instance().destroy(volume.id), "works once it is detached");
}

} // namespace

void add_core_destroy_cases(Registry &all) {
    all.mandatory("core.destroy.removes", "A destroyed volume is neither found nor listed.", [](Test &test) {
        const BackendVolume volume = test.make_volume();
        ok(test, test.instance().destroy(volume.id));
        absent(test, test.instance(), volume.id);
        test.expect(!contains(list_all(test, test.instance()), volume.id), "it is not listed", "it is");
    });
    all.mandatory("core.destroy.absent-ok", "Destroying what does not exist is OK.", [](Test &test) {
        ok(test, test.instance().destroy(test.fresh_id()), "of a volume that does not exist answers OK");
    });
    all.mandatory("core.destroy.twice", "Destroying again is OK.", [](Test &test) {
        const BackendVolume volume = test.make_volume();
        for (int round = 0; round < 3; ++round)
            ok(test, test.instance().destroy(volume.id));
    });
    all.mandatory("core.destroy.unknown-flag", "Each flag bit answers INVALID and destroys nothing.",
                  [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      for (const std::uint64_t flag :
                           {std::uint64_t{1} << 63U, std::uint64_t{1}, std::uint64_t{1} << 20U}) {
                          answers(test, test.instance().destroy(volume.id, flag), {DRV_E_INVALID},
                                  "the flag is unknown");
                      }
                      exists(test, test.instance(), volume.id);
                  });
    all.mandatory("core.destroy.attached-conflict", "A volume that is attached is not destroyed: CONFLICT.",
                  attached_conflict);
    all.mandatory("core.destroy.others-stay", "Other volumes stay as they are.", [](Test &test) {
        const BackendVolume stays = test.make_volume();
        const BackendVolume goes = test.make_volume();
        ok(test, test.instance().destroy(goes.id));
        same_volume(test, stays, exists(test, test.instance(), stays.id), "get");
    });
    all.mandatory(
        "core.destroy.id-reusable", "After destroy the same id can be created again, also with another size.",
        [](Test &test) {
            CreateArguments request = test.small_volume();
            one_volume(test, test.instance().create(request), request.id);
            ok(test, test.instance().destroy(request.id));
            request.bytes = test.grown_bytes();
            const BackendVolume again = one_volume(test, test.instance().create(request), request.id);
            test.expect(again.bytes == request.bytes, "the new size", fmt::format("{} bytes", again.bytes));
        });
}

} // namespace drover::conformance
