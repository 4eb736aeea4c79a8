#include "loader/descriptor.hpp"
#include "loader/library.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

TEST(DriverName, FollowsTheRule) {
    for (const char *good : {"a", "loopback", "a-b_c9", "purestorage_flasharray_flocker_driver"})
        EXPECT_TRUE(is_driver_name(good)) << good;
    EXPECT_TRUE(is_driver_name(std::string(63, 'a')));
    for (const char *bad : {"", "A", "9a", "_a", "-a", "a.b", "a/b", "..", "a b", "\xC3\xA9", "aB"})
        EXPECT_FALSE(is_driver_name(bad)) << bad;
    EXPECT_FALSE(is_driver_name(std::string(64, 'a')));
    EXPECT_FALSE(is_driver_name(std::string_view("a\0b", 3)));
}

struct DescriptorTest : ::testing::Test {
    std::string refusal(const std::string &fixture) const {
        const auto result = DriverLibrary::load(folder.put(fixture));
        return result ? "loaded" : result.error().message;
    }
    std::string golden(const std::string &fixture, const std::string &rest) const {
        return folder.file(fixture).native() + ": bad driver descriptor: field " + rest +
               "; report it to the driver's author";
    }
    testing::DriverFolder folder;
};

TEST_F(DescriptorTest, DescribesAGoodDriver) {
    const auto library = DriverLibrary::load(folder.put("serial"));
    ASSERT_TRUE(library.has_value()) << library.error().message;
    const DriverDescription &d = (*library)->description();
    EXPECT_EQ(d.name, "serial");
    EXPECT_EQ(d.version, "1.0");
    EXPECT_EQ(d.vendor, "Fixtures");
    EXPECT_TRUE(d.serial);
    EXPECT_FALSE(d.wants_isolation);
    ASSERT_EQ(d.config_keys.size(), 7U);
    EXPECT_EQ(d.config_keys[1].kind, KeyKind::u64);
    EXPECT_EQ(d.config_keys[2].fallback, "full");
    EXPECT_TRUE(d.config_keys[4].secret);
    EXPECT_TRUE(d.config_keys[6].required);
}

TEST_F(DescriptorTest, TakesADriverOfALaterMinor) {
    const auto library = DriverLibrary::load(folder.put("newer"));
    ASSERT_TRUE(library.has_value()) << library.error().message;
    EXPECT_EQ((*library)->description().abi_minor, 9U);
}

TEST_F(DescriptorTest, RefusesWithFileFieldFoundAndWanted) {
    EXPECT_EQ(refusal("bad-name"),
              golden("bad-name", "\"name\": found \"other\", wanted \"bad-name\", the file's stem"));
    EXPECT_EQ(refusal("null-slot"),
              golden("null-slot",
                     "\"ops.get\": found NULL (struct_size 80), wanted a function: the slot is mandatory"));
    EXPECT_EQ(
        refusal("short-ops"),
        golden("short-ops",
               "\"ops.resolve\": found NULL (struct_size 72), wanted a function: the slot is mandatory"));
    EXPECT_EQ(refusal("short-descriptor"),
              golden("short-descriptor", "\"struct_size\": found 104, wanted at least 112"));
    EXPECT_EQ(refusal("bad-major"),
              golden("bad-major", "\"abi_major\": found 3, wanted 1, as the entry's name says"));
    EXPECT_EQ(refusal("bad-text"),
              golden("bad-text", "\"version\": found text that is not valid UTF-8, wanted UTF-8 "
                                 "text of at most 255 bytes"));
    EXPECT_EQ(
        refusal("twin-key"),
        golden("twin-key", "\"config_keys[6].name\": found \"rows\" a second time, wanted each key once"));
}

// What no file shows easily: a table of a test's own.
struct ScriptedDescriptor : ::testing::Test {
    ScriptedDescriptor() : driver((*DriverLibrary::load(folder.put("good")))->descriptor()) {}
    std::string refusal() {
        const auto result = check_descriptor(&driver, "/d/good.so");
        return result ? "" : result.error().message;
    }
    testing::DriverFolder folder;
    drv_driver_v1 driver;
};

TEST_F(ScriptedDescriptor, IsGoodToBeginWith) {
    EXPECT_EQ(refusal(), "");
}

TEST_F(ScriptedDescriptor, EverySlotIsMandatory) {
    const drv_driver_v1 good = driver;
    driver.open = nullptr;
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"open\": found NULL"));
    driver = good;
    driver.close = nullptr;
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"close\": found NULL"));
    driver = good;
    driver.extension = nullptr;
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"extension\": found NULL"));
    driver = good;
    driver.ops = nullptr;
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"ops\": found NULL"));
}

TEST_F(ScriptedDescriptor, CountsAndKindsAreNotBelieved) {
    driver.config_key_count = 1ULL << 60;
    EXPECT_THAT(refusal(),
                ::testing::HasSubstr("\"config_key_count\": found 1152921504606846976, wanted at most 256"));
    driver.config_key_count = 2;
    driver.config_keys = nullptr;
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"config_keys\": found NULL, wanted an array of 2 keys"));

    const drv_str empty{"", 0};
    drv_config_key key{
        .name = {"Bad Key", 7}, .help = empty, .fallback = empty, .kind = DRV_KEY_STRING, .flags = 0};
    driver.config_key_count = 1;
    driver.config_keys = &key;
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"config_keys[0].name\": found \"Bad Key\", wanted a name"));
    key.name = {"good", 4};
    key.kind = 17;
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"config_keys[0].kind\": found 17, wanted 1 to 5"));
}

// They are shown in messages and lists, where a line break or an escape would be somebody else's words.
TEST_F(ScriptedDescriptor, WhatPeopleAreShownIsOneLine) {
    const drv_str empty{"", 0};
    drv_config_key key{.name = {"good", 4},
                       .help = {"first\n\x1b[31msecond", 15},
                       .fallback = empty,
                       .kind = DRV_KEY_STRING,
                       .flags = 0};
    driver.config_key_count = 1;
    driver.config_keys = &key;
    driver.vendor = {"Ac\nme\x7f", 6};
    const auto described = check_descriptor(&driver, "/d/good.so");
    ASSERT_TRUE(described) << described.error().message;
    EXPECT_EQ(described->config_keys[0].help, "first  [31mseco");
    EXPECT_EQ(described->vendor, "Ac me");
    driver.vendor = {"\n", 1};
    EXPECT_THAT(refusal(), ::testing::HasSubstr("\"vendor\": found blank text"));
}

TEST_F(ScriptedDescriptor, LabelsAreNotEmpty) {
    driver.vendor = {"", 0};
    EXPECT_THAT(refusal(),
                ::testing::HasSubstr("\"vendor\": found empty text, wanted at least one character"));
    driver.vendor = {nullptr, 3};
    EXPECT_THAT(refusal(), ::testing::HasSubstr("text that has 3 bytes but no data pointer"));
}

} // namespace
} // namespace drover
