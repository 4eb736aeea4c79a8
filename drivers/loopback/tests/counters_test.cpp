// What sysfs tells of a device, read and refused.
#include "loop_counters.hpp"

#include <gtest/gtest.h>

namespace loopback {
namespace {

TEST(Counters, ReadFromTheKernelsText) {
    const auto counters =
        parse_counters("     137        1     2725       34      589    24397   579022     3590        0\n");
    ASSERT_TRUE(counters);
    EXPECT_EQ(*counters, (LoopCounters{.read_ops = 137,
                                       .read_bytes = std::uint64_t{2725} * 512,
                                       .read_ns = 34'000'000,
                                       .write_ops = 589,
                                       .write_bytes = std::uint64_t{579022} * 512,
                                       .write_ns = 3'590'000'000}));
}

TEST(Counters, AreAbsentWhenTheTextIsNot) {
    for (const char *text : {"", "1 2 3 4 5 6 7", "1 2 3 4 x 6 7 8", "-1 2 3 4 5 6 7 8",
                             "1 2 3 4 5 6 7 99999999999999999999999"})
        EXPECT_FALSE(parse_counters(text)) << text;
    EXPECT_FALSE(read_counters("/dev/no-such-device"));
    EXPECT_FALSE(read_counters("loop0"));
}

TEST(Counters, DoNotWrap) {
    const auto counters = parse_counters("1 1 18446744073709551615 18446744073709551615 1 1 1 1");
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->read_bytes, UINT64_MAX);
    EXPECT_EQ(counters->read_ns, UINT64_MAX);
}

} // namespace
} // namespace loopback
