#include "core/config/agent_config.hpp"
#include "core/config/scalars.hpp"

#include <gtest/gtest.h>

#include <random>

namespace drover {
namespace {

std::optional<std::string> check(std::string_view section, std::string_view name, std::string_view text) {
    return canonical(*find_key(section, name), text);
}

TEST(Boolean, TakesTheWordsOfBothYamlVersions) {
    for (const auto *text : {"true", "True", "TRUE", "yes", "Yes", "on", "ON"})
        EXPECT_EQ(parse_boolean(text), true) << text;
    for (const auto *text : {"false", "False", "no", "No", "off", "OFF"})
        EXPECT_EQ(parse_boolean(text), false) << text;
    for (const auto *text :
         {"", "1", "0", "y", "n", "t", "truth", "falsehood", "yes please", " true", "none"})
        EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
}

TEST(WholeNumber, IsDecimalDigitsOnly) {
    EXPECT_EQ(parse_u64("0"), 0U);
    EXPECT_EQ(parse_u64("18446744073709551615"), UINT64_MAX);
    for (const auto *text :
         {"", "-1", "+1", "010", "00", "0x10", "1.0", "1e3", "1_000", " 1", "1 ", "18446744073709551616"})
        EXPECT_EQ(parse_u64(text), std::nullopt) << text;
}

TEST(Utf8, TellsTheFirstBadByte) {
    EXPECT_EQ(find_bad_utf8(""), std::nullopt);
    EXPECT_EQ(find_bad_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), std::nullopt);
    EXPECT_EQ(find_bad_utf8("abc\xE4"), 3U);          // Latin-1
    EXPECT_EQ(find_bad_utf8("\xC0\xAF"), 0U);         // overlong
    EXPECT_EQ(find_bad_utf8("\xE0\x80\x80"), 0U);     // overlong
    EXPECT_EQ(find_bad_utf8("\xED\xA0\x80"), 0U);     // surrogate
    EXPECT_EQ(find_bad_utf8("\xF4\x90\x80\x80"), 0U); // beyond U+10FFFF
    EXPECT_EQ(find_bad_utf8("x\xE2\x82"), 1U);        // cut off
    EXPECT_EQ(find_bad_utf8(std::string_view("a\0b", 3)), 1U);
}

TEST(Directory, IsAbsoluteAndGoesNowhereElse) {
    EXPECT_EQ(check("agent", "state-dir", "/var/lib/drover"), "/var/lib/drover");
    EXPECT_EQ(check("agent", "state-dir", "//var///lib/drover/"), "/var/lib/drover");
    EXPECT_EQ(check("agent", "state-dir", "/srv/a b/\xC3\xA4"), "/srv/a b/\xC3\xA4");
    for (const auto *text : {"", "/", "//", "var", "./x", "~/x", "/a/../b", "/a/./b", "/a\nb"})
        EXPECT_EQ(check("agent", "state-dir", text), std::nullopt) << text;
    EXPECT_EQ(check("agent", "state-dir", "/" + std::string(256, 'a')), std::nullopt);
}

TEST(Hostname, IsANameOrAnAddress) {
    for (const auto *text :
         {"localhost", "a", "control.example.com", "example.com.", "192.0.2.7", "2001:db8::1", "3com"})
        EXPECT_EQ(check("control-service", "hostname", text), text);
    for (const auto *text : {"", ".", "-1", "a-", "a..b", "a b", "a_b", "http://x", "x:80", ":::"})
        EXPECT_EQ(check("control-service", "hostname", text), std::nullopt) << text;
    EXPECT_EQ(check("control-service", "hostname", std::string(64, 'a')), std::nullopt);
}

TEST(Identity, IsCanonical) {
    constexpr auto kUuid = "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11";
    EXPECT_EQ(check("agent", "cluster-id", kUuid), kUuid);
    EXPECT_EQ(check("agent", "cluster-id", "6F1C0F2E-5D0A-4B8E-9C38-0D6A5F0F3A11"), kUuid);
    EXPECT_EQ(check("agent", "cluster-id", "6f1c0f2e5d0a4b8e9c380d6a5f0f3a11"), std::nullopt);
    EXPECT_EQ(check("agent", "node-id", "6F1C0F2E-5D0A-4B8E-9C38-0D6A5F0F3A11"), kUuid);
    EXPECT_EQ(check("agent", "node-id", "Node-1.example"), "Node-1.example");
    EXPECT_EQ(check("agent", "node-id", "a/b"), std::nullopt);
    EXPECT_EQ(check("agent", "node-id", std::string(64, 'a')), std::nullopt);
}

TEST(Name, FollowsTheRuleOfDriverFiles) {
    EXPECT_TRUE(is_valid_name("loopback"));
    EXPECT_TRUE(is_valid_name("purestorage_flasharray_flocker_driver"));
    EXPECT_TRUE(is_valid_name("a" + std::string(62, '-')));
    for (const auto *text : {"", "A", "1a", "_a", "-a", "a.b", "a/b", "..", "a b", "\xC3\xA4"})
        EXPECT_FALSE(is_valid_name(text)) << text;
    EXPECT_FALSE(is_valid_name("a" + std::string(63, 'a')));
}

TEST(InQuotes, ShowsTheFirstWordOnly) {
    EXPECT_EQ(in_quotes("word"), "\"word\"");
    EXPECT_EQ(in_quotes(""), "\"\"");
    EXPECT_EQ(in_quotes("loopback password hunter2"), "\"loopback...\"");
    EXPECT_EQ(in_quotes("a\nhunter2"), "\"a...\"");
    EXPECT_EQ(in_quotes(std::string(61, 'x')), "\"" + std::string(60, 'x') + "...\"");
    EXPECT_EQ(in_quotes(std::string(59, 'x') + "\xC3\xA4"), "\"" + std::string(59, 'x') + "...\"");
}

// Whatever comes in, what comes out is accepted again and stays the same.
TEST(Canonical, IsAFixedPointForAnyText) {
    std::mt19937 random(4711);
    const std::string letters = "/aA0.-_:gx1 e\n\xC3\xA4";
    for (const auto &key : schema_keys()) {
        for (int round = 0; round < 500; ++round) {
            std::string text;
            for (auto length = random() % 12; length > 0; --length)
                text += letters[random() % letters.size()];
            if (const auto once = canonical(key, text)) {
                EXPECT_EQ(canonical(key, *once), once) << key.name << ": " << text;
            }
        }
    }
}

} // namespace
} // namespace drover
