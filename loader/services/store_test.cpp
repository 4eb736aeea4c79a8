#include "loader/services/store.hpp"
#include "loader/testing/driver_folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sys/stat.h>
#include <thread>

namespace drover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct DriverStoreTest : ::testing::Test {
    testing::DriverFolder folder;
    DriverStore store{folder.path() / "drivers" / "fast"};
};

TEST_F(DriverStoreTest, MakesItsFolderWithTheFirstPutOnly) {
    EXPECT_EQ(store.get("a").error().code, Code::not_found);
    EXPECT_TRUE(store.erase("a").has_value());
    EXPECT_TRUE(store.keys("")->empty());
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "drivers"));
    ASSERT_TRUE(store.put("a", "1").has_value());
    struct stat made {};
    ASSERT_EQ(::stat((folder.path() / "drivers" / "fast").c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 07777U, 0700U);
    EXPECT_EQ(*store.get("a"), "1");
}

TEST_F(DriverStoreTest, TakesAnyBytes) {
    const std::string bytes("\0\n\xFF", 3);
    ASSERT_TRUE(store.put("bytes", bytes).has_value());
    EXPECT_EQ(*store.get("bytes"), bytes);
}

TEST_F(DriverStoreTest, KnowsAKey) {
    for (const std::string &good : {std::string("a"), std::string("0-b_c.d"), std::string(128, 'x')})
        EXPECT_TRUE(DriverStore::is_key(good)) << good;
    for (const std::string &bad : {std::string(), std::string(".a"), std::string("-a"), std::string("a/b"),
                                   std::string("a b"), std::string("B"), std::string(129, 'x')})
        EXPECT_FALSE(DriverStore::is_key(bad)) << bad;
}

TEST_F(DriverStoreTest, HasALimitOfKeysAndNotOfPuts) {
    ASSERT_TRUE(store.put("key-0", "v").has_value());
    for (std::size_t i = 1; i < DriverStore::kMaxKeys; ++i) // by hand: each put waits for the disk
        std::ofstream(folder.path() / "drivers" / "fast" / fmt::format("key-{}", i)) << "v";
    const auto more = store.put("one-more", "v");
    ASSERT_FALSE(more.has_value());
    EXPECT_EQ(more.error().code, Code::no_space);
    EXPECT_THAT(more.error().message, HasSubstr("has 1024 keys"));
    EXPECT_TRUE(store.put("key-7", "again").has_value());
    EXPECT_TRUE(store.erase("key-8").has_value());
    EXPECT_TRUE(store.put("one-more", "v").has_value());
}

// Each object opens its own descriptors, as another process would.
TEST_F(DriverStoreTest, WritersAndReadersSeeWholeValues) {
    const DriverStore other(folder.path() / "drivers" / "fast");
    ASSERT_TRUE(store.put("k", std::string(30000, 'a')).has_value());
    std::thread writer([&] {
        for (int i = 0; i < 20; ++i)
            EXPECT_TRUE(other.put("k", std::string(40000, static_cast<char>('b' + i % 20))).has_value());
    });
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(store.put("k", std::string(30000, 'a')).has_value());
        const auto read = store.get("k");
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(read->find_first_not_of(read->front()), std::string::npos);
        EXPECT_TRUE(read->size() == 30000 || read->size() == 40000) << read->size();
    }
    writer.join();
    EXPECT_THAT(*store.keys(""), ElementsAre("k"));
}

TEST_F(DriverStoreTest, WhatTheDiskRefusesIsToldWithTheFile) {
    ASSERT_TRUE(store.put("k", "v").has_value());
    std::filesystem::create_directory(folder.path() / "drivers" / "fast" / "folder");
    const auto refused = store.get("folder");
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::internal);
    EXPECT_THAT(refused.error().message, HasSubstr("fast/folder cannot be read"));
    EXPECT_EQ(store.put("folder", "v").error().code, Code::internal);
}

} // namespace
} // namespace drover
