// The expressions against the functions that read the values.
#include "core/config/patterns.hpp"
#include "core/config/scalars.hpp"
#include "core/config/size.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace drover {
namespace {

constexpr ValueKind kKinds[] = {
    ValueKind::name,     ValueKind::names, ValueKind::directory, ValueKind::node_id, ValueKind::uuid,
    ValueKind::hostname, ValueKind::port,  ValueKind::size,      ValueKind::boolean, ValueKind::sha256};

bool matches(std::string_view pattern, const std::string &text) {
    return std::regex_search(text, std::regex(std::string(pattern), std::regex::ECMAScript));
}

std::vector<std::string> texts() {
    std::vector<std::string> all = {"",
                                    " ",
                                    "a",
                                    "A",
                                    "0",
                                    "1",
                                    "9",
                                    "00",
                                    "01",
                                    "10",
                                    "-1",
                                    "+1",
                                    "1.0",
                                    "1.5",
                                    "1.5g",
                                    "1.5 GiB",
                                    "1.g",
                                    ".5g",
                                    "1e3",
                                    "0x10",
                                    "10g",
                                    "10G",
                                    "10gb",
                                    "10GiB",
                                    "10gi",
                                    "10 GiB",
                                    "10  GiB",
                                    "10 ",
                                    "10 b",
                                    "10b",
                                    "10bb",
                                    "10x",
                                    "1.1234567890g",
                                    "1.123456789g",
                                    "2097152",
                                    "65535",
                                    "65536",
                                    "59999",
                                    "6553",
                                    "70000",
                                    "99999",
                                    "4524",
                                    "true",
                                    "TRUE",
                                    "Yes",
                                    "on",
                                    "oN",
                                    "off",
                                    "no",
                                    "False",
                                    "truest",
                                    "y",
                                    "null",
                                    "~",
                                    "a-b",
                                    "a_b",
                                    "a.b",
                                    "-a",
                                    "a-",
                                    "_a",
                                    "a b",
                                    "loopback",
                                    "purestorage_flasharray_flocker_driver",
                                    "/",
                                    "//",
                                    "/a",
                                    "/a/",
                                    "//a//b",
                                    "/a/./b",
                                    "/a/../b",
                                    "/a/..",
                                    "/.",
                                    "/..a",
                                    "/a..",
                                    "/.a",
                                    "/...",
                                    "relative/path",
                                    "/with blank/x",
                                    "/line\nbreak",
                                    "/tab\t",
                                    "/\xC3\xA4",
                                    "a.example.com",
                                    "example.com.",
                                    "example..com",
                                    ".example",
                                    "-x.com",
                                    "x-.com",
                                    "192.0.2.10",
                                    "::1",
                                    "2001:db8::10",
                                    "fe80::1%eth0",
                                    "[::1]",
                                    "host:80",
                                    "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11",
                                    "6F1C0F2E-5D0A-4B8E-9C38-0D6A5F0F3A11",
                                    "6f1c0f2e5d0a4b8e9c380d6a5f0f3a11",
                                    "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a1g",
                                    "${X}",
                                    "18446744073709551615",
                                    "99999999999999999999g"};
    for (const std::size_t length : {31U, 62U, 63U, 64U, 65U, 253U, 254U, 255U, 256U, 300U}) {
        all.emplace_back(length, 'a');
        all.emplace_back(length, '5');
        all.push_back("/" + std::string(length, 'a'));
        all.push_back("/x/" + std::string(length, 'a') + "/y");
    }
    return all;
}

TEST(Patterns, NeverRefuseWhatTheReaderTakes) {
    for (const ValueKind kind : kKinds) {
        for (const std::string &text : texts()) {
            if (canonical(SchemaKey{.kind = kind}, text)) {
                EXPECT_TRUE(matches(pattern_of(kind), text)) << pattern_of(kind) << " and " << text;
            }
        }
    }
}

TEST(Patterns, TakeWhatTheReaderRefusesOnlyWhereTheyCannotTell) {
    for (const ValueKind kind : kKinds) {
        for (const std::string &text : texts()) {
            if (canonical(SchemaKey{.kind = kind}, text) || !matches(pattern_of(kind), text))
                continue;
            const auto bytes = parse_size(text);
            const bool is_out_of_range =
                kind == ValueKind::size && (bytes ? *bytes < (1U << 20) : text.size() > 18);
            const bool is_long_name = kind == ValueKind::hostname && text.size() > 253;
            EXPECT_TRUE(is_out_of_range || is_long_name) << pattern_of(kind) << " and " << text;
        }
    }
}

TEST(Patterns, OfDriversKeysSayTheSame) {
    for (const std::string &text : texts()) {
        EXPECT_EQ(matches(pattern_of(KeyKind::boolean), text), parse_boolean(text).has_value()) << text;
        if (text.size() < 20) {
            EXPECT_EQ(matches(pattern_of(KeyKind::u64), text), parse_u64(text).has_value()) << text;
            EXPECT_EQ(matches(pattern_of(KeyKind::bytes), text), parse_size(text).has_value()) << text;
        }
    }
    EXPECT_TRUE(pattern_of(KeyKind::string).empty());
    EXPECT_TRUE(pattern_of(KeyKind::list).empty());
}

TEST(Patterns, OfSecretsKnowReferences) {
    for (const char *good : {"file:/etc/x", "env:TOKEN", "env:_t0"}) {
        EXPECT_TRUE(matches(secret_reference_pattern(), good)) << good;
        EXPECT_TRUE(matches(secret_pattern(), good)) << good;
    }
    for (const char *bad : {"file:x", "file:", "env:", "env:1", "env:A B", "sealed:x"}) {
        EXPECT_FALSE(matches(secret_reference_pattern(), bad)) << bad;
        EXPECT_FALSE(matches(secret_pattern(), bad)) << bad;
    }
    EXPECT_TRUE(matches(secret_pattern(), "the secret itself"));
    EXPECT_FALSE(matches(secret_reference_pattern(), "5"));
}

} // namespace
} // namespace drover
