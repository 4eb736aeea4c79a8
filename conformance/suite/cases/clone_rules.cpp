#include "conformance/suite/cases/clone_rules.hpp"

#include <fmt/format.h>

namespace drover::conformance {

void CloneRules::emits(Test &test) const {
    const BackendVolume source = make_source(test);
    const CreateArguments request = test.small_volume();
    const BackendVolume made = one_volume(test, clone(test, source.id, request, {}), request.id);
    test.expect(made.parent == source.id || made.parent.empty(),
                fmt::format("the parent is {}, or none is told", source.id),
                fmt::format("\"{}\"", made.parent));
    test.expect(made.attached_nodes.empty(), "a new volume is attached nowhere", "it has nodes");
    same_volume(test, made, exists(test, test.instance(), made.id), "get");
    test.expect(contains(list_all(test, test.instance()), made.id), "list has the clone", "it has not");
}

void CloneRules::idempotent(Test &test) const {
    const BackendVolume source = make_source(test);
    const CreateArguments request = test.small_volume();
    const BackendVolume first = one_volume(test, clone(test, source.id, request, {}), request.id);
    for (int round = 0; round < 3; ++round) {
        same_volume(test, first, one_volume(test, clone(test, source.id, request, {}), request.id),
                    "the same clone again");
    }
}

void CloneRules::other_shape(Test &test) const {
    const BackendVolume source = make_source(test);
    CreateArguments request = test.small_volume();
    const BackendVolume first = one_volume(test, clone(test, source.id, request, {}), request.id);
    request.bytes = test.grown_bytes();
    answers(test, clone(test, source.id, request, {}), {DRV_E_EXISTS}, "the id exists with another size");
    same_volume(test, first, exists(test, test.instance(), request.id), "get after the refusal");
}

void CloneRules::smaller(Test &test) const {
    const BackendVolume source = make_source(test);
    CreateArguments request = test.small_volume();
    request.bytes = source.bytes - test.caps().granularity_bytes;
    if (request.bytes == 0 || request.bytes > source.bytes)
        test.skip("the backend has no smaller size than sizes.small");
    answers(test, clone(test, source.id, request, {}), {DRV_E_INVALID}, "it is smaller than its source");
    absent(test, test.instance(), request.id);
}

void CloneRules::larger(Test &test) const {
    const BackendVolume source = make_source(test);
    CreateArguments request = test.small_volume();
    request.bytes = test.grown_bytes();
    const BackendVolume made = one_volume(test, clone(test, source.id, request, {}), request.id);
    test.expect(made.bytes == request.bytes, fmt::format("{} bytes", request.bytes),
                fmt::format("{}", made.bytes));
}

void CloneRules::own_size(Test &test) const {
    const BackendVolume source = make_source(test);
    CreateArguments request = test.small_volume();
    request.bytes = 0;
    const BackendVolume first = one_volume(test, clone(test, source.id, request, {}), request.id);
    test.expect(first.bytes == source.bytes, fmt::format("{} bytes, the source's size", source.bytes),
                fmt::format("{}", first.bytes));
    same_volume(test, first, one_volume(test, clone(test, source.id, request, {}), request.id),
                "the same clone again");
}

void CloneRules::unknown_source(Test &test) const {
    const CreateArguments request = test.small_volume();
    answers(test, clone(test, test.fresh_id(), request, {}), {DRV_E_NOT_FOUND}, "there is no such source");
    absent(test, test.instance(), request.id);
}

void CloneRules::unknown_flag(Test &test) const {
    const BackendVolume source = make_source(test);
    CreateArguments request = test.small_volume();
    request.flags = 1ULL << 63U;
    answers(test, clone(test, source.id, request, {}), {DRV_E_INVALID}, "the flag is unknown");
    absent(test, test.instance(), request.id);
}

void CloneRules::unknown_profile(Test &test) const {
    const BackendVolume source = make_source(test);
    CreateArguments request = test.small_volume();
    request.profile = "conformance-no-such-profile";
    answers(test, clone(test, source.id, request, {}), {DRV_E_INVALID}, "there is no such profile");
    absent(test, test.instance(), request.id);
}

void CloneRules::existing_volume(Test &test) const {
    const BackendVolume source = make_source(test);
    const BackendVolume other = test.make_volume();
    ok(test, test.instance().attach({.id = other.id, .node = test.first()}));
    CreateArguments request = test.small_volume();
    request.id = other.id;
    request.bytes = test.grown_bytes();
    answers(test, clone(test, source.id, request, {}), {DRV_E_EXISTS}, "the id is another volume's");
    same_volume(test, other, exists(test, test.instance(), other.id), "get of the volume that has the id");
}

void CloneRules::deadline_past(Test &test) const {
    const BackendVolume source = make_source(test);
    const CreateArguments request = test.small_volume();
    const CallOptions late{.deadline = Deadline::at(Deadline::Clock::now() - std::chrono::seconds(1))};
    answers(test, clone(test, source.id, request, late), {DRV_E_DEADLINE, DRV_E_CANCELLED},
            "it came too late");
    absent(test, test.instance(), request.id);
    one_volume(test, clone(test, source.id, request, {}), request.id);
}

} // namespace drover::conformance
