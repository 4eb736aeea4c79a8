#include "core/cli/json_text.hpp"
#include "core/cli/moment.hpp"
#include "core/cli/progress.hpp"
#include "core/cli/table.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <sstream>

namespace drover::cli {
namespace {

TEST(CliTable, AlignsWithoutTrailingBlanks) {
    Table table({{"NAME"}, {"SIZE", Align::right}, {"REMARK"}});
    table.add({"a", "1 GiB", "x"});
    table.add({"longer", "10 GiB", ""});
    EXPECT_EQ(table.render(false), "NAME      SIZE  REMARK\n"
                                   "a        1 GiB  x\n"
                                   "longer  10 GiB  -\n");
}

TEST(CliTable, MeasuresLettersAndNotBytes) {
    Table table({{"NAME"}, {"X"}});
    table.add({"größe", "1"});
    table.add({"breite", "2"});
    EXPECT_EQ(table.render(false), "NAME    X\n"
                                   "größe   1\n"
                                   "breite  2\n");
}

TEST(CliTable, LetsNoTextSteerTheTerminal) {
    Table table({{"NAME"}});
    table.add({"a\x1b[2Jb\nc"});
    EXPECT_EQ(table.render(false), "NAME\na?[2Jb?c\n");
}

TEST(CliTable, PaintsWithoutShiftingColumns) {
    Table table({{"STATUS"}, {"X"}});
    table.add({Cell("ok", Color::good), "1"});
    EXPECT_EQ(table.render(true), "STATUS  X\n\x1b[32mok\x1b[0m      1\n");
}

TEST(CliMoment, ReadsTimesOfTheApi) {
    EXPECT_TRUE(parse_moment("2026-03-01T12:00:00Z"));
    EXPECT_EQ(*parse_moment("2026-03-01T12:00:00.123456789Z") - *parse_moment("2026-03-01T12:00:00Z"),
              std::chrono::milliseconds(123));
    for (const auto *wrong : {"", "2026", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z",
                              "2026-0x-01T12:00:00Z", "2026-03-01T-1:00:00Z", "no time at all, Z"})
        EXPECT_FALSE(parse_moment(wrong)) << wrong;
}

TEST(CliMoment, TellsTheLargestUnit) {
    const auto now = *parse_moment("2026-03-01T12:00:00Z");
    EXPECT_EQ(age_of("2026-03-01T12:00:00Z", now), "0s");
    EXPECT_EQ(age_of("2026-03-01T11:59:01Z", now), "59s");
    EXPECT_EQ(age_of("2026-03-01T11:00:01Z", now), "59m");
    EXPECT_EQ(age_of("2026-02-28T13:00:00Z", now), "23h");
    EXPECT_EQ(age_of("2026-02-27T12:00:00Z", now), "2d");
    EXPECT_EQ(age_of("2023-02-27T12:00:00Z", now), "3y");
    EXPECT_EQ(age_of("2026-03-01T12:00:05Z", now), "5s"); // the agent's clock is ahead
    EXPECT_EQ(age_of("", now), "-");
}

TEST(CliMoment, TellsHowLongShortThingsTook) {
    const auto begin = *parse_moment("2026-03-01T12:00:00.100Z");
    EXPECT_EQ(format_duration(begin, *parse_moment("2026-03-01T12:00:00.148Z")), "48ms");
    EXPECT_EQ(format_duration(begin, *parse_moment("2026-03-01T12:00:03.100Z")), "3s");
}

TEST(CliJson, PrintsKeysInTheirOrder) {
    EXPECT_EQ(pretty(boost::json::parse(R"({"b":1,"a":[true,{"x":"\n"}],"c":{},"d":[]})")),
              "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    {\n      \"x\": \"\\n\"\n    }\n  ],\n  \"c\": "
              "{},\n  \"d\": []\n}\n");
}

TEST(CliJson, ReadsWhatIsThereAndNothingElse) {
    const auto value = boost::json::parse(R"({"t":"x","n":5,"neg":-1,"f":true,"l":["a",1,"b"]})");
    EXPECT_EQ(text_of(value, "t"), "x");
    EXPECT_EQ(text_of(value, "n"), "");
    EXPECT_EQ(number_of(value, "n"), 5U);
    EXPECT_EQ(number_of(value, "neg"), 0U);
    EXPECT_TRUE(flag_of(value, "f"));
    EXPECT_FALSE(flag_of(value, "absent"));
    EXPECT_EQ(joined_texts(value, "l"), "a, b");
    EXPECT_EQ(text_of(boost::json::parse("[]"), "t"), "");
}

TEST(CliProgress, WritesOverItselfAndGoesAway) {
    std::ostringstream err;
    {
        Progress progress(err, true);
        progress.show("clone", "data", 0, "copying");
        progress.show("clone", "data", 425, "copying");
    }
    EXPECT_EQ(err.str(), "\r\x1b[Kclone data: copying\r\x1b[Kclone data: copying, 42.5 %\r\x1b[K");
}

TEST(CliProgress, IsSilentWhenItIsOff) {
    std::ostringstream err;
    Progress(err, false).show("clone", "data", 10, "copying");
    EXPECT_EQ(err.str(), "");
}

} // namespace
} // namespace drover::cli
