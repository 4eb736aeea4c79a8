// Names of files, and metadata as text.
#include "metadata.hpp"
#include "names.hpp"

#include <gtest/gtest.h>

namespace loopback {
namespace {

TEST(Names, HarmlessIdsAreTheirOwnKeys) {
    for (const std::string_view id : {"550e8400-e29b-41d4-a716-446655440000", "v1", "A.b_c-d", "9"})
        EXPECT_EQ(key_of(id), id);
}

TEST(Names, OtherIdsGetKeysThatAreHarmless) {
    for (const std::string_view id : {"..", ".x", "-x", "_x", "a/b", "a..b", "a b", "\xc3\xa4", "a\\b"}) {
        EXPECT_NE(key_of(id), id);
        EXPECT_EQ(key_of(id).size(), 37U);
        EXPECT_EQ(key_of(id).find_first_of("/ "), std::string::npos);
    }
    EXPECT_NE(key_of(std::string(201, 'x')), key_of(std::string(202, 'x')));
    EXPECT_EQ(key_of(std::string(200, 'x')).size(), 200U);
}

TEST(Names, ImagesTellTheirKey) {
    for (const std::string key : {"v1", "v1.0123456789abcdef", "_a"})
        EXPECT_EQ(key_of_image(new_image_name(key)), key);
    EXPECT_NE(new_image_name("v1"), new_image_name("v1"));
    for (const std::string_view wrong : {"", "v1", "v1.0123456789abcde", "v1.0123456789abcdeX",
                                         ".0123456789abcdef", "../v.0123456789abcdef", "v1_0123456789abcdef"})
        EXPECT_EQ(key_of_image(wrong), std::nullopt) << wrong;
}

TEST(Metadata, ComesBackAsItWas) {
    Metadata metadata{.kind = Kind::snapshot,
                      .id = "s \"1\"",
                      .name = "\xc3\xa4",
                      .profile = "gold",
                      .parent = "v1",
                      .backend_id = "b",
                      .image = "s.0123456789abcdef",
                      .bytes = 512,
                      .created_unix_ns = 1'700'000'000'000'000'000U,
                      .attachment = Attachment{"node", "boot", "/dev/loop3", true}};
    const auto parsed = from_json(to_json(metadata));
    const auto *back = std::get_if<Metadata>(&parsed);
    ASSERT_NE(back, nullptr) << std::get<std::string>(parsed);
    EXPECT_EQ(to_json(*back), to_json(metadata));
    EXPECT_EQ(back->attachment->device, "/dev/loop3");
}

TEST(Metadata, WhatIsWrongIsTold) {
    const Metadata good{.id = "v", .backend_id = "b", .image = "i", .bytes = 512};
    const std::string text = to_json(good);
    const auto replaced = [&](std::string_view what, std::string_view with) {
        std::string other = text;
        other.replace(other.find(what), what.size(), with);
        return other;
    };
    const std::string wrong[] = {"",
                                 "{}",
                                 "[1]",
                                 std::string(100, '['),
                                 replaced("\"volume\"", "\"tape\""),
                                 replaced("512", "-512"),
                                 replaced("512", "0"),
                                 replaced("512", "18446744073709551615"),
                                 replaced("512", "1e300"),
                                 replaced("512", "\"512\""),
                                 replaced("\"v\"", "\"\""),
                                 replaced("\"format\":1", "\"format\":2"),
                                 replaced("{", "{\"attachment\":7,"),
                                 replaced("{", "{\"attachment\":{},")};
    for (const std::string &bad : wrong) {
        const auto parsed = from_json(bad);
        ASSERT_TRUE(std::holds_alternative<std::string>(parsed)) << bad;
        EXPECT_FALSE(std::get<std::string>(parsed).empty());
    }
    EXPECT_TRUE(std::holds_alternative<Metadata>(from_json(text)));
}

} // namespace
} // namespace loopback
