#include "core/http/timestamp.hpp"
#include "core/http/utf8.hpp"

#include <gtest/gtest.h>

namespace drover::http {
namespace {

TEST(ValidUtf8, leaves_what_is_good) {
    for (const char *good :
         {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
        EXPECT_EQ(valid_utf8(good), good);
    EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(ValidUtf8, replaces_bytes_that_are_none) {
    EXPECT_EQ(valid_utf8("a\xff"), "a?");
    EXPECT_EQ(valid_utf8("\x80z"), "?z");
    EXPECT_EQ(valid_utf8("\xc0\xaf"), "??");           // overlong
    EXPECT_EQ(valid_utf8("\xe0\x80\xaf"), "???");      // overlong
    EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "???");      // surrogate
    EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "????"); // beyond the last
    EXPECT_EQ(valid_utf8("\xe2\x82"), "??");           // cut off
    EXPECT_EQ(valid_utf8("\xe2\x82\x22"), "??\"");     // cut off by a quote, which stays one
}

TEST(Timestamp, is_rfc_3339) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(rfc3339(1'767'323'045'000'000'000), "2026-01-02T03:04:05Z");
    EXPECT_EQ(rfc3339(1'767'323'045'007'999'999), "2026-01-02T03:04:05.007Z");
    EXPECT_EQ(rfc3339(1'767'323'045'000'999'999), "2026-01-02T03:04:05Z");
    EXPECT_EQ(rfc3339(18'446'744'073'709'551'615U), "2554-07-21T23:34:33.709Z");
}

} // namespace
} // namespace drover::http
