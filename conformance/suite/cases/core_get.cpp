// core: get.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

namespace drover::conformance {

void add_core_get_cases(Registry &all) {
    all.mandatory("core.get.exact", "Get emits the one volume it was asked for, among others.",
                  [](Test &test) {
                      const BackendVolume first = test.make_volume();
                      const BackendVolume second = test.make_volume();
                      const BackendVolume third = test.make_volume();
                      for (const BackendVolume *each : {&second, &first, &third})
                          same_volume(test, *each, exists(test, test.instance(), each->id), "get");
                  });
    all.mandatory("core.get.not-found", "Get of what does not exist answers NOT_FOUND and emits nothing.",
                  [](Test &test) {
                      const Answer answer = test.instance().get(test.fresh_id());
                      answers(test, answer, {DRV_E_NOT_FOUND}, "there is no such volume");
                      test.expect(answer.volumes.empty(), "nothing is emitted", "a volume");
                  });
    all.mandatory("core.get.agrees-with-list", "Get and list tell the same of a volume.", [](Test &test) {
        const BackendVolume volume = test.make_volume();
        for (const BackendVolume &row : list_all(test, test.instance())) {
            if (row.id == volume.id)
                return same_volume(test, exists(test, test.instance(), volume.id), row, "list");
        }
        test.fail("list has the volume", "it has not");
    });
    all.mandatory("core.get.repeat", "Get gives the same every time and changes nothing.", [](Test &test) {
        const BackendVolume volume = test.make_volume();
        for (int round = 0; round < 10; ++round)
            same_volume(test, volume, exists(test, test.instance(), volume.id), "get");
    });
}

} // namespace drover::conformance
