// drv.qos/1.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/extension_calls.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace drover::conformance {
namespace {

constexpr Needs kQos{.extension = DRV_EXT_QOS};

// Every limit that the ABI has, its field, and a value that a backend with it should take.
struct Kind {
    std::uint64_t bit;
    std::uint64_t drv_qos::*field;
    const char *name;
    std::uint64_t value;
};
constexpr std::array<Kind, 4> kKinds{{
    {DRV_QOS_MAX_IOPS, &drv_qos::max_iops, "max_iops", 5000},
    {DRV_QOS_MIN_IOPS, &drv_qos::min_iops, "min_iops", 500},
    {DRV_QOS_BURST_IOPS, &drv_qos::burst_iops, "burst_iops", 10000},
    {DRV_QOS_MAX_BYTES_PER_SECOND, &drv_qos::max_bytes_per_second, "max_bytes_per_second", 100U << 20U},
}};
constexpr std::uint64_t kKnown =
    DRV_QOS_MAX_IOPS | DRV_QOS_MIN_IOPS | DRV_QOS_BURST_IOPS | DRV_QOS_MAX_BYTES_PER_SECOND;

std::uint64_t supported(Test &test) {
    std::uint64_t limits = 0;
    ok(test, ExtensionCalls(test.instance()).qos_supported(limits));
    return limits;
}

std::uint64_t some_supported(Test &test) {
    const std::uint64_t limits = supported(test);
    if ((limits & kKnown) == 0)
        test.skip("the backend has no limits as it is configured");
    return limits;
}

drv_qos limits_of(Test &test, const std::string &id) {
    drv_qos limits{};
    ok(test, ExtensionCalls(test.instance()).qos_get(id, limits));
    test.expect((limits.limits & ~kKnown) == 0, "no bits but those of DRV_QOS_*",
                fmt::format("limits {:#x}", limits.limits));
    for (const Kind &kind : kKinds) {
        test.expect((limits.limits & kind.bit) == 0 || limits.*kind.field > 0,
                    fmt::format("{} at least 1 where its bit is set", kind.name), "0");
    }
    return limits;
}

// Those of `bits`, with their values above, `step` times as large.
drv_qos limits_with(std::uint64_t bits, std::uint64_t step = 1) {
    drv_qos limits{};
    limits.limits = bits;
    for (const Kind &kind : kKinds) {
        if ((bits & kind.bit) != 0)
            limits.*kind.field = kind.value * step;
    }
    return limits;
}

std::string shown(const drv_qos &limits) {
    std::string text;
    for (const Kind &kind : kKinds) {
        if ((limits.limits & kind.bit) != 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kind.name, limits.*kind.field);
    }
    return text.empty() ? "no limits" : text;
}

void set(Test &test, const std::string &id, const drv_qos &limits) {
    ok(test, ExtensionCalls(test.instance()).qos_set(id, limits), "sets " + shown(limits));
}

bool is_same(const drv_qos &one, const drv_qos &other) {
    return shown(one) == shown(other);
}

void expect_same(Test &test, const drv_qos &wanted, const drv_qos &has, std::string_view when) {
    test.expect(is_same(wanted, has), fmt::format("{}: {}", when, shown(wanted)), shown(has));
}

// A backend that rounds shows what it made of a value, so that one is not compared.
void expect_kinds(Test &test, std::uint64_t bits, const drv_qos &has, std::string_view when) {
    test.expect(has.limits == bits, fmt::format("{}: limits {:#x}", when, bits),
                fmt::format("{:#x}", has.limits));
}

void reads_back(Test &test) {
    const std::uint64_t bits = some_supported(test);
    const BackendVolume volume = test.make_volume();
    for (const Kind &kind : kKinds) {
        if ((bits & kind.bit) == 0)
            continue;
        set(test, volume.id, limits_with(kind.bit));
        const drv_qos first = limits_of(test, volume.id);
        expect_kinds(test, kind.bit, first, "after it was set alone");
        set(test, volume.id, limits_with(kind.bit, 2));
        const drv_qos second = limits_of(test, volume.id);
        test.expect(second.*kind.field > first.*kind.field, fmt::format("{} grew", kind.name),
                    fmt::format("{} and then {}", first.*kind.field, second.*kind.field));
    }
    set(test, volume.id, limits_with(bits & kKnown));
    expect_kinds(test, bits & kKnown, limits_of(test, volume.id), "after all were set");
}

void exactly(Test &test) {
    const std::uint64_t bits = some_supported(test) & kKnown;
    const BackendVolume volume = test.make_volume();
    set(test, volume.id, limits_with(bits));
    const std::uint64_t one = bits & (~bits + 1);
    set(test, volume.id, limits_with(one));
    expect_kinds(test, one, limits_of(test, volume.id), "limits that are not named are cleared");
    set(test, volume.id, limits_with(0));
    expect_kinds(test, 0, limits_of(test, volume.id), "none named: all are cleared");
}

void repeats(Test &test) {
    const std::uint64_t bits = some_supported(test) & kKnown;
    const BackendVolume volume = test.make_volume();
    set(test, volume.id, limits_with(bits));
    const drv_qos first = limits_of(test, volume.id);
    set(test, volume.id, limits_with(bits));
    expect_same(test, first, limits_of(test, volume.id), "after the same again");
    set(test, volume.id, first);
    expect_same(test, first, limits_of(test, volume.id), "after what get reported was set");
}

void leaves_the_volume(Test &test) {
    const std::uint64_t bits = some_supported(test) & kKnown;
    const BackendVolume volume = test.make_volume();
    const Connection before = test.attach_first(volume.id);
    set(test, volume.id, limits_with(bits));
    BackendVolume after = exists(test, test.instance(), volume.id);
    test.expect(after.bytes == volume.bytes && after.backend_id == volume.backend_id &&
                    after.name == volume.name && after.pool == volume.pool,
                "size, backend id, name and pool stay", "one of them changed");
    test.expect(one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()})) ==
                    before,
                "the connection is as before", "another one");
}

void clears(Test &test) {
    ExtensionCalls calls(test.instance());
    const BackendVolume volume = test.make_volume();
    ok(test, calls.qos_clear(volume.id), "there are none: OK");
    if (const std::uint64_t bits = supported(test) & kKnown; bits != 0)
        set(test, volume.id, limits_with(bits));
    for (int round = 0; round < 2; ++round) {
        ok(test, calls.qos_clear(volume.id));
        expect_kinds(test, 0, limits_of(test, volume.id), "after clear");
    }
}

void own_limits(Test &test) {
    const std::uint64_t bits = some_supported(test) & kKnown;
    const BackendVolume one = test.make_volume();
    const BackendVolume other = test.make_volume();
    const drv_qos before = limits_of(test, other.id);
    set(test, one.id, limits_with(bits));
    expect_same(test, before, limits_of(test, other.id), "the limits of another volume stay");
}

void lacking(Test &test) {
    const std::uint64_t bits = supported(test);
    const BackendVolume volume = test.make_volume();
    const drv_qos before = limits_of(test, volume.id);
    bool has_all = true;
    for (const Kind &kind : kKinds) {
        if ((bits & kind.bit) != 0)
            continue;
        has_all = false;
        answers(test, ExtensionCalls(test.instance()).qos_set(volume.id, limits_with(kind.bit | bits)),
                {DRV_E_UNSUPPORTED}, fmt::format("the backend has no {}", kind.name));
        expect_same(test, before, limits_of(test, volume.id), "after the refusal");
    }
    if (has_all)
        test.skip("the backend has every limit");
}

void nonsense(Test &test) {
    const std::uint64_t bits = some_supported(test);
    const BackendVolume volume = test.make_volume();
    set(test, volume.id, limits_with(bits & kKnown));
    const drv_qos before = limits_of(test, volume.id);
    ExtensionCalls calls(test.instance());
    for (const Kind &kind : kKinds) {
        if ((bits & kind.bit) == 0)
            continue;
        drv_qos limits = limits_with(kind.bit);
        limits.*kind.field = 0;
        answers(test, calls.qos_set(volume.id, limits), {DRV_E_INVALID},
                fmt::format("{} is 0, and a limit is at least 1", kind.name));
        expect_same(test, before, limits_of(test, volume.id), "after the refusal");
        for (const std::uint64_t value : {std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()}) {
            limits.*kind.field = value;
            const Answer answer = calls.qos_set(volume.id, limits);
            answers(test, answer, {DRV_OK, DRV_E_INVALID},
                    fmt::format("{} {} is taken or refused", kind.name, value));
            if (answer.is_ok()) {
                expect_kinds(test, kind.bit, limits_of(test, volume.id), "after it was taken");
                set(test, volume.id, before);
            } else {
                has_text(test, answer);
            }
            expect_same(test, before, limits_of(test, volume.id), "the limits of before");
        }
    }
    drv_qos unknown = limits_with(bits & kKnown);
    unknown.limits |= std::uint64_t{1} << 63U;
    answers(test, calls.qos_set(volume.id, unknown), {DRV_E_INVALID}, "the bit is unknown");
    expect_same(test, before, limits_of(test, volume.id), "after the refusal");
}

} // namespace

void add_qos_cases(Registry &all) {
    all.advertised("ext.qos.supported", kQos, "What limits the backend has is known, and stays the same.",
                   [](Test &test) {
                       const std::uint64_t first = supported(test);
                       test.expect((first & ~kKnown) == 0, "no bits but those of DRV_QOS_*",
                                   fmt::format("{:#x}", first));
                       test.expect(supported(test) == first, fmt::format("{:#x} again", first), "others");
                   });
    all.advertised("ext.qos.reads-back", kQos,
                   "Each limit that the backend has can be set, alone and with the others, and is shown.",
                   reads_back);
    all.advertised("ext.qos.exactly", kQos, "Limits that are not named are cleared.", exactly);
    all.advertised("ext.qos.repeats", kQos, "The same limits again, or those that get shows, change nothing.",
                   repeats);
    all.advertised("ext.qos.leaves-the-volume", kQos,
                   "Limits change nothing else of a volume, which may be attached.", leaves_the_volume);
    all.advertised("ext.qos.clears", kQos, "Clear removes all limits; where there are none it answers OK.",
                   clears);
    all.advertised("ext.qos.own", kQos, "The limits of a volume are its own.", own_limits);
    all.advertised("ext.qos.lacking", kQos,
                   "A limit that the backend has not answers UNSUPPORTED, and changes nothing.", lacking);
    all.advertised("ext.qos.nonsense", kQos,
                   "0 and unknown bits answer INVALID; a value that is refused changes nothing.", nonsense);
    all.advertised("ext.qos.not-found", kQos, "Limits of what does not exist answer NOT_FOUND.",
                   [](Test &test) {
                       ExtensionCalls calls(test.instance());
                       const std::string id = test.fresh_id();
                       drv_qos limits{};
                       answers(test, calls.qos_get(id, limits), {DRV_E_NOT_FOUND}, "there is no such volume");
                       answers(test, calls.qos_set(id, limits_with(supported(test) & kKnown)),
                               {DRV_E_NOT_FOUND}, "there is no such volume");
                       answers(test, calls.qos_clear(id), {DRV_E_NOT_FOUND}, "there is no such volume");
                   });
    all.advertised(
        "ext.qos.bad-ids", kQos, "Ids that are empty, 64 KiB long or not UTF-8 answer INVALID.",
        [](Test &test) {
            ExtensionCalls calls(test.instance());
            for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")}) {
                drv_qos limits{};
                answers(test, calls.qos_get(id, limits), {DRV_E_INVALID}, "that is no id");
                answers(test, calls.qos_clear(id), {DRV_E_INVALID}, "that is no id");
            }
        });
    all.advertised(
        "ext.qos.deadline-past", kQos, "A change whose deadline has passed changes nothing.", [](Test &test) {
            const std::uint64_t bits = some_supported(test) & kKnown;
            const BackendVolume volume = test.make_volume();
            const drv_qos before = limits_of(test, volume.id);
            const CallOptions late{.deadline =
                                       Deadline::at(Deadline::Clock::now() - std::chrono::seconds(1))};
            answers(test, ExtensionCalls(test.instance()).qos_set(volume.id, limits_with(bits), late),
                    {DRV_E_DEADLINE, DRV_E_CANCELLED}, "it came too late");
            expect_same(test, before, limits_of(test, volume.id), "get");
        });
}

} // namespace drover::conformance
