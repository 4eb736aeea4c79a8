// core: create.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr std::uint64_t kUnknownFlag = 1ULL << 63U;

void refused(Test &test, const CreateArguments &request, std::initializer_list<drv_status> codes,
             std::string_view because) {
    answers(test, test.instance().create(request), codes, because);
    absent(test, test.instance(), request.id);
}

void emits(Test &test) {
    const CreateArguments request = test.small_volume();
    const BackendVolume volume = one_volume(test, test.instance().create(request), request.id);
    test.expect(volume.bytes == request.bytes,
                fmt::format("{} bytes, a size the backend can have exactly", request.bytes),
                fmt::format("{}", volume.bytes));
    test.expect(volume.attached_nodes.empty(), "a new volume is attached nowhere", "it has nodes");
    test.expect(volume.profile.empty() || test.instance().offers(DRV_EXT_PROFILES),
                "no profile where none was asked for", fmt::format("\"{}\"", volume.profile));
    test.expect(volume.parent.empty(), "no parent", fmt::format("\"{}\"", volume.parent));
    same_volume(test, volume, exists(test, test.instance(), request.id), "get");
}

void idempotent(Test &test) {
    const CreateArguments request = test.small_volume();
    const BackendVolume first = one_volume(test, test.instance().create(request), request.id);
    for (int round = 0; round < 3; ++round) {
        same_volume(test, first, one_volume(test, test.instance().create(request), request.id),
                    "create again");
    }
    std::size_t seen = 0;
    for (const BackendVolume &row : list_all(test, test.instance()))
        seen += row.backend_id == first.backend_id ? 1 : 0;
    test.expect(seen == 1, "one volume after four creates", fmt::format("{} rows with its backend id", seen));
}

void other_shape(Test &test) {
    CreateArguments request = test.small_volume();
    const BackendVolume first = one_volume(test, test.instance().create(request), request.id);
    request.bytes = test.grown_bytes();
    answers(test, test.instance().create(request), {DRV_E_EXISTS}, "the id exists with another size");
    same_volume(test, first, exists(test, test.instance(), request.id), "get after the refusal");
}

void same_rounded_size(Test &test) {
    if (test.caps().granularity_bytes < 2)
        test.skip("the backend rounds no sizes: its granularity is 1 byte");
    CreateArguments request = test.small_volume();
    const BackendVolume first = one_volume(test, test.instance().create(request), request.id);
    request.bytes -= 1; // rounds up to the same
    if (test.rounded_up(request.bytes) != first.bytes)
        test.skip("sizes.small is the smallest size the backend has");
    same_volume(test, first, one_volume(test, test.instance().create(request), request.id),
                "create with a size that rounds up to the same");
}

void rounding(Test &test) {
    CreateArguments request = test.small_volume();
    request.bytes = test.small_bytes() + 1;
    const BackendVolume volume = one_volume(test, test.instance().create(request), request.id);
    test.expect(volume.bytes == test.rounded_up(request.bytes),
                fmt::format("{} bytes rounded up to the granularity: {}", request.bytes,
                            test.rounded_up(request.bytes)),
                fmt::format("{}", volume.bytes));
}

void smallest(Test &test) {
    CreateArguments request = test.small_volume();
    request.bytes = 1;
    const BackendVolume volume = one_volume(test, test.instance().create(request), request.id);
    test.expect(volume.bytes >= test.caps().min_bytes && volume.bytes % test.caps().granularity_bytes == 0,
                "at least min_bytes, and a multiple of granularity_bytes",
                fmt::format("{} bytes", volume.bytes));
}

void too_large(Test &test) {
    if (test.caps().max_bytes == DRV_UNKNOWN)
        test.skip("the backend tells no max_bytes");
    CreateArguments request = test.small_volume();
    request.bytes = test.caps().max_bytes + 1;
    refused(test, request, {DRV_E_INVALID}, "it is larger than max_bytes");
}

void keeps_name(Test &test, const std::string &name) {
    CreateArguments request = test.small_volume();
    request.name = name;
    const BackendVolume volume = one_volume(test, test.instance().create(request), request.id);
    test.expect(volume.name == name || volume.name.empty(),
                fmt::format("the name \"{}\" as it was given, or none", name),
                fmt::format("\"{}\"", volume.name));
    same_volume(test, volume, exists(test, test.instance(), request.id), "get");
}

void same_name_twice(Test &test) {
    CreateArguments first = test.small_volume();
    CreateArguments second = test.small_volume();
    second.name = first.name;
    const BackendVolume one = one_volume(test, test.instance().create(first), first.id);
    const BackendVolume other = one_volume(test, test.instance().create(second), second.id);
    test.expect(one.backend_id != other.backend_id, "two volumes, since ids decide and not names", "one");
}

} // namespace

void add_core_create_cases(Registry &all) {
    all.mandatory("core.create.emits", "A new volume is emitted once, ready, with its id and its size.",
                  emits);
    all.mandatory("core.create.idempotent",
                  "The same create again emits the volume that exists and makes no second one.", idempotent);
    all.mandatory("core.create.other-shape-exists",
                  "A known id with another size answers EXISTS and changes nothing.", other_shape);
    all.mandatory("core.create.same-rounded-size",
                  "A known id with a size that rounds up to the same is the same request.",
                  same_rounded_size);
    all.mandatory("core.create.zero-bytes", "Size 0 answers INVALID and makes nothing.", [](Test &test) {
        CreateArguments request = test.small_volume();
        request.bytes = 0;
        refused(test, request, {DRV_E_INVALID}, "a volume has a size");
    });
    all.mandatory("core.create.too-large", "A size above max_bytes answers INVALID and makes nothing.",
                  too_large);
    all.mandatory("core.create.largest-number",
                  "Sizes near the largest number do not overflow: INVALID or NO_SPACE, and nothing is made.",
                  [](Test &test) {
                      for (const std::uint64_t bytes :
                           {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2 + 1, UINT64_MAX - 4095}) {
                          CreateArguments request = test.small_volume();
                          request.bytes = bytes;
                          refused(test, request, {DRV_E_INVALID, DRV_E_NO_SPACE}, "nobody has so much");
                      }
                  });
    all.mandatory("core.create.rounding", "A size is rounded up to the granularity, never down.", rounding);
    all.mandatory("core.create.one-byte", "One byte gives the smallest volume there is.", smallest);
    all.mandatory("core.create.unknown-flag",
                  "Each flag bit that ABI 1.0 does not define answers INVALID and makes nothing.",
                  [](Test &test) {
                      for (const std::uint64_t flag :
                           {kUnknownFlag, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 32U}) {
                          CreateArguments request = test.small_volume();
                          request.flags = flag;
                          refused(test, request, {DRV_E_INVALID}, "the flag is unknown");
                      }
                  });
    all.mandatory("core.create.unknown-profile",
                  "A profile that does not exist answers INVALID and makes nothing.", [](Test &test) {
                      CreateArguments request = test.small_volume();
                      request.profile = "conformance-no-such-profile";
                      refused(test, request, {DRV_E_INVALID}, "there is no such profile");
                  });
    all.mandatory("core.create.unknown-pool", "A pool that does not exist answers INVALID and makes nothing.",
                  [](Test &test) {
                      CreateArguments request = test.small_volume();
                      request.pool = "conformance-no-such-pool";
                      refused(test, request, {DRV_E_INVALID}, "there is no such pool");
                  });
    all.mandatory("core.create.name-kept", "The name is reported as it was given, or empty.",
                  [](Test &test) { keeps_name(test, "a name, with blanks & 'quotes' \"too\"/x"); });
    all.mandatory(
        "core.create.utf8-name", "A name in other scripts is reported as it was given, or empty.",
        [](Test &test) { keeps_name(test, "Größe \xE2\x82\xAC \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x90\x91"); });
    all.mandatory("core.create.longest-name", "A name of 255 bytes works.",
                  [](Test &test) { keeps_name(test, std::string(255, 'n')); });
    all.mandatory("core.create.empty-name", "A volume needs no name.",
                  [](Test &test) { keeps_name(test, ""); });
    all.mandatory("core.create.same-name", "Two volumes may have the same name, since ids decide.",
                  same_name_twice);
    all.mandatory("core.create.backend-ids-differ", "Each volume has a backend id of its own.",
                  [](Test &test) {
                      const BackendVolume first = test.make_volume();
                      const BackendVolume second = test.make_volume();
                      test.expect(first.backend_id != second.backend_id, "two backend ids",
                                  fmt::format("\"{}\" twice", first.backend_id));
                  });
}

} // namespace drover::conformance
