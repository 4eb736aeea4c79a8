// core: detach.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

namespace drover::conformance {
namespace {

void other_node_untouched(Test &test) {
    const BackendVolume volume = test.make_volume();
    const Connection before = test.attach_first(volume.id);
    ok(test, test.instance_of_second().detach({.id = volume.id, .node = test.second()}),
       "of a node that it is not attached to answers OK");
    const Connection after =
        one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()}));
    test.expect(before == after, "the first node's attachment is as before", "it changed");
}

} // namespace

void add_core_detach_cases(Registry &all) {
    all.mandatory("core.detach.removes", "After detach the volume is attached to no node.", [](Test &test) {
        const BackendVolume volume = test.make_volume();
        test.attach_first(volume.id);
        test.detach_first(volume.id);
        answers(test, test.instance().resolve({.id = volume.id, .node = test.first()}), {DRV_E_NOT_FOUND},
                "it was detached");
        test.expect(exists(test, test.instance(), volume.id).attached_nodes.empty(), "get names no node",
                    "it names some");
    });
    all.mandatory("core.detach.idempotent", "Detaching again, or what never was attached, is OK.",
                  [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      test.detach_first(volume.id);
                      test.attach_first(volume.id);
                      for (int round = 0; round < 3; ++round)
                          test.detach_first(volume.id);
                  });
    all.mandatory("core.detach.absent-volume", "Detaching a volume that does not exist is OK.",
                  [](Test &test) {
                      ok(test, test.instance().detach({.id = test.fresh_id(), .node = test.first()}),
                         "of a volume that does not exist answers OK");
                  });
    all.mandatory("core.detach.other-node-untouched",
                  "Detaching one node does not touch the attachment of another.", other_node_untouched);
    all.mandatory("core.detach.then-other-node",
                  "After detach another node can attach, and the other way round.", [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      for (int round = 0; round < 2; ++round) {
                          test.attach_first(volume.id);
                          test.detach_first(volume.id);
                          test.attach_second(volume.id);
                          test.detach_second(volume.id);
                      }
                  });
    all.mandatory(
        "core.detach.one-of-two", "Detaching one volume leaves another one attached.", [](Test &test) {
            const BackendVolume stays = test.make_volume();
            const BackendVolume goes = test.make_volume();
            const Connection before = test.attach_first(stays.id);
            test.attach_first(goes.id);
            test.detach_first(goes.id);
            const Connection after =
                one_connection(test, test.instance().resolve({.id = stays.id, .node = test.first()}));
            test.expect(before == after, "the other volume's attachment is as before", "it changed");
        });
    all.mandatory(
        "core.detach.unknown-flag", "An unknown flag bit answers INVALID and detaches nothing.",
        [](Test &test) {
            const BackendVolume volume = test.make_volume();
            test.attach_first(volume.id);
            answers(test,
                    test.instance().detach({.id = volume.id, .node = test.first(), .flags = 1ULL << 63U}),
                    {DRV_E_INVALID}, "the flag is unknown");
            one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()}));
        });
}

} // namespace drover::conformance
