// core: what is asked of the backend as a whole.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

void sane(Test &test) {
    drv_caps caps{};
    ok(test, test.instance().capabilities(caps));
    test.expect(caps.min_bytes >= 1, "min_bytes is at least 1", "0");
    test.expect(caps.granularity_bytes >= 1, "granularity_bytes is at least 1", "0");
    test.expect(caps.max_bytes >= caps.min_bytes, "max_bytes is not below min_bytes",
                fmt::format("{} and {}", caps.max_bytes, caps.min_bytes));
    test.expect(caps.total_bytes == DRV_UNKNOWN || caps.free_bytes == DRV_UNKNOWN ||
                    caps.free_bytes <= caps.total_bytes,
                "not more free than there is",
                fmt::format("{} of {} bytes", caps.free_bytes, caps.total_bytes));
    test.expect(test.small_bytes() <= caps.max_bytes,
                "the case file's sizes.small is one that the backend takes",
                fmt::format("max_bytes is {}", caps.max_bytes));
    test.expect(caps.struct_size == sizeof caps, "struct_size stays the host's",
                fmt::format("{}", caps.struct_size));
}

} // namespace

void add_core_backend_cases(Registry &all) {
    all.mandatory("core.probe", "Probe answers OK, again and again, and changes nothing.", [](Test &test) {
        for (int round = 0; round < 10; ++round)
            ok(test, test.instance().probe());
    });
    all.mandatory("core.capabilities.sane", "The capabilities make sense: sizes, granularity, free of total.",
                  sane);
    all.mandatory("core.capabilities.protocols",
                  "The capabilities name at least one protocol that ABI 1.0 knows.", [](Test &test) {
                      constexpr std::uint64_t kKnown = 1ULL << DRV_PROTO_LOCAL | 1ULL << DRV_PROTO_ISCSI |
                                                       1ULL << DRV_PROTO_FC | 1ULL << DRV_PROTO_NVME_TCP;
                      test.expect((test.caps().protocols & kKnown) != 0,
                                  "a known protocol's bit (1 << DRV_PROTO_*)",
                                  fmt::format("protocols is {:#x}", test.caps().protocols));
                  });
    all.mandatory("core.capabilities.stable",
                  "Flags, protocols and sizes are the same every time they are asked for.", [](Test &test) {
                      const drv_caps first = test.caps();
                      test.make_volume();
                      drv_caps again{};
                      ok(test, test.instance().capabilities(again));
                      test.expect(first.flags == again.flags && first.protocols == again.protocols,
                                  "the same flags and protocols", "others");
                      test.expect(first.min_bytes == again.min_bytes &&
                                      first.granularity_bytes == again.granularity_bytes,
                                  "the same min_bytes and granularity_bytes", "others");
                  });
}

} // namespace drover::conformance
