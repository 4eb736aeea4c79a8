// growth: a driver of this minor under a host of a later one, whose structs are larger.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/cases/every_op.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::conformance {
namespace {

void works_under(Test &test, const HostShape &shape) {
    const auto instance = test.open_shaped(shape);
    every_op(test, *instance);
}

void caps_tail(Test &test) {
    const auto instance = test.open_another();
    Shaped<drv_caps> caps(HostShape{.tail = HostShape::Tail::garbage});
    const std::uint32_t size = caps->struct_size;
    const auto before = caps.tail();
    ok(test, instance->capabilities(caps));
    test.expect(caps->struct_size == size, fmt::format("struct_size stays {}", size),
                fmt::format("{}", caps->struct_size));
    if (test.driver()->table().abi_minor > DRV_ABI_MINOR)
        return; // it knows what lies there
    test.expect(caps.tail() == before, "fields of a later minor are left alone", "they were written to");
}

} // namespace

void add_growth_cases(Registry &all) {
    all.mandatory("growth.zero-tails",
                  "Host, calls, requests and sinks with fields of a later minor, all zero, work as ever.",
                  [](Test &test) { works_under(test, {.tail = HostShape::Tail::zeros}); });
    all.mandatory("growth.garbage-tails",
                  "What lies behind the fields that the driver knows is neither read nor judged.",
                  [](Test &test) { works_under(test, {.tail = HostShape::Tail::garbage}); });
    all.mandatory("growth.newer-minor", "A host of a later minor is a host.",
                  [](Test &test) { works_under(test, {.abi_minor = DRV_ABI_MINOR + 7}); });
    all.mandatory("growth.caps-tail",
                  "Capabilities writes the fields it knows, and neither struct_size nor what is behind.",
                  caps_tail);
    // Whoever calls the driver makes the structs: in a process of its own that is always a host of its minor.
    all.judge_in_process(
        {"growth.zero-tails", "growth.garbage-tails", "growth.newer-minor", "growth.caps-tail"});
}

} // namespace drover::conformance
