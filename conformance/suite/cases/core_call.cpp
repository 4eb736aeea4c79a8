// core: what every call shares: its error's words, its deadline, its cancellation, its request id.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::conformance {
namespace {

void errors_have_text(Test &test) {
    Instance &instance = test.instance();
    CreateArguments zero = test.small_volume();
    zero.bytes = 0;
    has_text(test, instance.create(zero));
    CreateArguments request = test.small_volume();
    one_volume(test, instance.create(request), request.id);
    request.bytes = test.grown_bytes();
    has_text(test, instance.create(request));
    has_text(test, instance.get(test.fresh_id()));
    has_text(test, instance.attach({.id = test.fresh_id(), .node = test.first()}));
    has_text(test, instance.resolve({.id = request.id, .node = test.first()}));
    has_text(test, instance.destroy(request.id, 1ULL << 63U));
    has_text(test, instance.list({.flags = 1ULL << 63U}));
    test.attach_first(request.id);
    has_text(test, instance.destroy(request.id));
}

// Each mutating op with a deadline that has passed: nothing changes, and the code says why.
void deadline_past(Test &test) {
    Instance &instance = test.instance();
    const CallOptions late{.deadline = Deadline::at(Deadline::Clock::now() - std::chrono::seconds(1))};
    const std::initializer_list<drv_status> codes{DRV_E_DEADLINE, DRV_E_CANCELLED};
    constexpr std::string_view because = "the deadline had passed when the call came";
    const CreateArguments request = test.small_volume();
    answers(test, instance.create(request, late), codes, because);
    absent(test, instance, request.id);
    const BackendVolume volume = test.make_volume();
    answers(test, instance.attach({.id = volume.id, .node = test.first()}, late), codes, because);
    answers(test, instance.resolve({.id = volume.id, .node = test.first()}), {DRV_E_NOT_FOUND},
            "nothing was attached");
    answers(test, instance.destroy(volume.id, 0, late), codes, because);
    exists(test, instance, volume.id);
    const Connection before = test.attach_first(volume.id);
    answers(test, instance.detach({.id = volume.id, .node = test.first()}, late), codes, because);
    test.expect(one_connection(test, instance.resolve({.id = volume.id, .node = test.first()})) == before,
                "still attached", "another connection");
}

// Cancelled before it came: it may still do its work, but then wholly and with OK; otherwise nothing is
// changed.
void cancelled_before(Test &test) {
    Instance &instance = test.instance();
    CancelSource source;
    source.cancel();
    const CreateArguments request = test.small_volume();
    const Answer answer = instance.create(request, {.cancel = &source});
    answers(test, answer, {DRV_E_CANCELLED, DRV_E_DEADLINE, DRV_OK}, "the call was cancelled");
    if (answer.is_ok()) {
        exists(test, instance, request.id);
    } else if (!answer.is_state_unknown()) {
        absent(test, instance, request.id);
    }
    one_volume(test, instance.create(request), request.id);
}

void request_id_retry(Test &test) {
    Instance &instance = test.instance();
    const CreateArguments request = test.small_volume();
    const CallOptions same{.request_id = "conformance-retry-" + request.id};
    const BackendVolume first = one_volume(test, instance.create(request, same), request.id);
    same_volume(test, first, one_volume(test, instance.create(request, same), request.id),
                "the same request again");
    same_volume(test, first,
                one_volume(test, instance.create(request, {.request_id = "another"}), request.id),
                "another request for the same");
}

// A request id is for logs; it must not make two different requests one.
void request_id_shared(Test &test) {
    const CallOptions same{.request_id = "conformance-one-id-for-all"};
    const CreateArguments first = test.small_volume();
    const CreateArguments second = test.small_volume();
    one_volume(test, test.instance().create(first, same), first.id);
    one_volume(test, test.instance().create(second, same), second.id);
    ok(test, test.instance().destroy(first.id, 0, same));
    ok(test, test.instance().destroy(second.id, 0, same));
    absent(test, test.instance(), second.id);
}

} // namespace

void add_core_call_cases(Registry &all) {
    all.mandatory("core.error.has-text",
                  "Every op that fails calls fail() with a sentence and the code it returns.",
                  errors_have_text);
    all.mandatory("core.deadline.past-changes-nothing",
                  "A call whose deadline has passed when it comes changes nothing and says so.",
                  deadline_past);
    all.mandatory("core.deadline.never", "A call without a deadline works.", [](Test &test) {
        const CreateArguments request = test.small_volume();
        one_volume(test, test.instance().create(request, {.deadline = Deadline::never()}), request.id);
        ok(test, test.instance().destroy(request.id, 0, {.deadline = Deadline::never()}));
    });
    all.mandatory("core.cancelled-before-call",
                  "A call that was cancelled before it came does its work wholly or not at all.",
                  cancelled_before);
    all.mandatory("core.request-id-retry",
                  "A retry with the same request id, and one with another, find what the first made.",
                  request_id_retry);
    all.mandatory("core.request-id-shared", "Different requests with one request id are different requests.",
                  request_id_shared);
}

} // namespace drover::conformance
