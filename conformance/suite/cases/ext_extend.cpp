// drv.extend/1.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kExtend{.extension = DRV_EXT_EXTEND};

void refused(Test &test, std::uint64_t bytes, std::uint64_t flags, std::initializer_list<drv_status> codes,
             std::string_view because) {
    const BackendVolume volume = test.make_volume();
    answers(test, test.instance().extend(volume.id, bytes, flags), codes, because);
    same_volume(test, volume, exists(test, test.instance(), volume.id), "get after the refusal");
}

void grows(Test &test) {
    const BackendVolume volume = test.make_volume();
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    test.expect(grown.bytes == test.grown_bytes(), fmt::format("{} bytes", test.grown_bytes()),
                fmt::format("{}", grown.bytes));
    test.expect(grown.backend_id == volume.backend_id, "the same object on the backend", "another one");
    same_volume(test, grown, exists(test, test.instance(), volume.id), "get");
}

void idempotent(Test &test) {
    const BackendVolume volume = test.make_volume();
    const BackendVolume grown =
        one_volume(test, test.instance().extend(volume.id, test.grown_bytes()), volume.id);
    for (const std::uint64_t bytes :
         {test.grown_bytes(), test.small_bytes(), std::uint64_t{1}, std::uint64_t{0}}) {
        same_volume(test, grown, one_volume(test, test.instance().extend(volume.id, bytes), volume.id),
                    fmt::format("extend to {} bytes, which it has", bytes));
    }
}

void rounding(Test &test) {
    const BackendVolume volume = test.make_volume();
    const std::uint64_t wanted = test.small_bytes() + 1;
    const BackendVolume grown = one_volume(test, test.instance().extend(volume.id, wanted), volume.id);
    test.expect(grown.bytes == test.rounded_up(wanted),
                fmt::format("{} bytes rounded up: {}", wanted, test.rounded_up(wanted)),
                fmt::format("{}", grown.bytes));
}

void attached(Test &test) {
    const BackendVolume volume = test.make_volume();
    const Connection before = test.attach_first(volume.id);
    const Answer answer = test.instance().extend(volume.id, test.grown_bytes());
    if ((test.caps().flags & DRV_CAP_ONLINE_EXTEND) != 0) {
        ok(test, answer, "works while attached (DRV_CAP_ONLINE_EXTEND)");
    } else {
        answers(test, answer, {DRV_E_CONFLICT},
                "the volume is attached and DRV_CAP_ONLINE_EXTEND is not set");
    }
    test.expect(one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()})) ==
                    before,
                "the connection is as before", "another one");
}

} // namespace

void add_extend_cases(Registry &all) {
    all.advertised("ext.extend.grows", kExtend, "Extend gives the volume the new size and emits it.", grows);
    all.advertised("ext.extend.idempotent", kExtend,
                   "A volume that is large enough already is emitted unchanged; none ever shrinks.",
                   idempotent);
    all.advertised("ext.extend.rounding", kExtend, "The new size is rounded up to the granularity.",
                   rounding);
    all.advertised(
        "ext.extend.then-create", kExtend,
        "After extend, create with the new size is the same volume, and with the old size another shape.",
        [](Test &test) {
            CreateArguments request = test.small_volume();
            one_volume(test, test.instance().create(request), request.id);
            const BackendVolume grown =
                one_volume(test, test.instance().extend(request.id, test.grown_bytes()), request.id);
            answers(test, test.instance().create(request), {DRV_E_EXISTS}, "the volume has another size now");
            request.bytes = test.grown_bytes();
            same_volume(test, grown, one_volume(test, test.instance().create(request), request.id),
                        "create with the new size");
        });
    all.advertised("ext.extend.attached", kExtend,
                   "A volume that is attached grows if the backend says so, and answers CONFLICT if not.",
                   attached);
    all.advertised("ext.extend.too-large", kExtend,
                   "A size above max_bytes answers INVALID and changes nothing.", [](Test &test) {
                       if (test.caps().max_bytes == DRV_UNKNOWN)
                           test.skip("the backend tells no max_bytes");
                       refused(test, test.caps().max_bytes + 1, 0, {DRV_E_INVALID},
                               "it is larger than max_bytes");
                   });
    all.advertised("ext.extend.largest-number", kExtend,
                   "Sizes near the largest number do not overflow: INVALID or NO_SPACE.", [](Test &test) {
                       for (const std::uint64_t bytes : {UINT64_MAX, UINT64_MAX - 4095, UINT64_MAX / 2 + 1})
                           refused(test, bytes, 0, {DRV_E_INVALID, DRV_E_NO_SPACE}, "nobody has so much");
                   });
    all.advertised("ext.extend.unknown-flag", kExtend, "Each flag bit answers INVALID and changes nothing.",
                   [](Test &test) {
                       for (const std::uint64_t flag : {std::uint64_t{1} << 63U, std::uint64_t{1}})
                           refused(test, test.grown_bytes(), flag, {DRV_E_INVALID}, "the flag is unknown");
                   });
    all.advertised("ext.extend.not-found", kExtend, "Extending what does not exist answers NOT_FOUND.",
                   [](Test &test) {
                       const std::string id = test.fresh_id();
                       answers(test, test.instance().extend(id, test.grown_bytes()), {DRV_E_NOT_FOUND},
                               "there is no such volume");
                       absent(test, test.instance(), id);
                   });
    all.advertised(
        "ext.extend.bad-ids", kExtend, "Ids that are empty, 64 KiB long or not UTF-8 answer INVALID.",
        [](Test &test) {
            for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")}) {
                answers(test, test.instance().extend(id, test.grown_bytes()), {DRV_E_INVALID},
                        "that is no id");
            }
        });
    all.advertised("ext.extend.deadline-past", kExtend,
                   "An extend whose deadline has passed changes nothing.", [](Test &test) {
                       const BackendVolume volume = test.make_volume();
                       const CallOptions late{
                           .deadline = Deadline::at(Deadline::Clock::now() - std::chrono::seconds(1))};
                       answers(test, test.instance().extend(volume.id, test.grown_bytes(), 0, late),
                               {DRV_E_DEADLINE, DRV_E_CANCELLED}, "it came too late");
                       same_volume(test, volume, exists(test, test.instance(), volume.id), "get");
                   });
}

} // namespace drover::conformance
