#include "core/config/size.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

constexpr std::uint64_t kMi = std::uint64_t{1} << 20;
constexpr std::uint64_t kGi = std::uint64_t{1} << 30;
constexpr std::uint64_t kTi = std::uint64_t{1} << 40;

TEST(ParseSize, TakesEveryUsualForm) {
    for (const auto *text : {"10g", "10G", "10GB", "10gb", "10GiB", "10gib", "10 GiB", "10240M",
                             "10737418240", "10737418240b", "10.0g", "010g"})
        EXPECT_EQ(parse_size(text).value(), 10 * kGi) << text;
    EXPECT_EQ(parse_size("0").value(), 0U);
    EXPECT_EQ(parse_size("1k").value(), 1024U);
    EXPECT_EQ(parse_size("512M").value(), 512 * kMi);
    EXPECT_EQ(parse_size("1.5TiB").value(), kTi + kTi / 2);
    EXPECT_EQ(parse_size("2p").value(), 2048 * kTi);
    EXPECT_EQ(parse_size("15E").value(), std::uint64_t{15} << 60);
}

TEST(ParseSize, RoundsAFractionUpToAByte) {
    EXPECT_EQ(parse_size("1.1k").value(), 1127U); // 1126.4
    EXPECT_EQ(parse_size("0.000000001k").value(), 1U);
}

TEST(ParseSize, RefusesWhatDoesNotFitIntoSixtyFourBits) {
    EXPECT_EQ(parse_size("18446744073709551615").value(), UINT64_MAX);
    EXPECT_FALSE(parse_size("18446744073709551616"));
    EXPECT_FALSE(parse_size("16E"));
    EXPECT_EQ(parse_size("15.999999999E").value(), 18446744072556630112U);
    EXPECT_FALSE(parse_size("17179869184g"));
    EXPECT_FALSE(parse_size("999999999999999999999999999999999999999999999999t"));
}

TEST(ParseSize, RefusesEverythingElseWithASentence) {
    for (const auto *text :
         {"",     " ",   "g",     "-1",   "+1",  "1.",   ".5g",  "1.5",  "1.5b",   "10x",           "10gg",
          "10ig", "10 ", "10  g", " 10g", "1e3", "0x10", "1,5g", "10g ", "10gibi", "1.0000000001g", "NaN"}) {
        const auto size = parse_size(text);
        ASSERT_FALSE(size) << text;
        EXPECT_EQ(size.error().code, Code::invalid);
    }
    EXPECT_EQ(parse_size("10x").error().message,
              "\"10x\" is not a size: unknown unit; the units are B, K, M, G, T, P and E, also as KB or KiB");
    EXPECT_EQ(parse_size("lots").error().message,
              "\"lots\" is not a size: write a number and a unit, such as 10GiB, 512M or 1.5t");
    EXPECT_LT(parse_size(std::string(100000, 'x')).error().message.size(), 200U);
}

TEST(ParseSize, ShowsWhatItRefusesOnOneLineAndNotTheWholeOfIt) {
    EXPECT_THAT(parse_size("1\n\x1b[2J\x7f").error().message,
                testing::StartsWith("\"1??[2J?\" is not a size"));
    EXPECT_THAT(parse_size(std::string(39, 'x') + "\xC3\xA4").error().message,
                testing::StartsWith("\"" + std::string(39, 'x') + "...\" is"));
}

TEST(FormatSize, PicksTheLargestUnit) {
    EXPECT_EQ(format_size(0), "0 B");
    EXPECT_EQ(format_size(1023), "1023 B");
    EXPECT_EQ(format_size(1024), "1 KiB");
    EXPECT_EQ(format_size(10 * kGi), "10 GiB");
    EXPECT_EQ(format_size(kTi + kTi / 2), "1.5 TiB");
    EXPECT_EQ(format_size(kGi + kGi / 4), "1.25 GiB");
    EXPECT_EQ(format_size(kGi + kGi / 20), "1.04 GiB"); // 1.0499..., rounded down
    EXPECT_EQ(format_size(kGi - 1), "1023.99 MiB");
    EXPECT_EQ(format_size(UINT64_MAX), "15.99 EiB");
}

TEST(FormatSize, IsReadBackWhenExact) {
    for (const std::uint64_t bytes : {std::uint64_t{1}, kMi, 3 * kGi, kTi + kTi / 2, std::uint64_t{15} << 60})
        EXPECT_EQ(parse_size(format_size(bytes)).value(), bytes);
}

} // namespace
} // namespace drover
