#include "loader/driver_file.hpp"
#include "loader/extensions.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using ::testing::Contains;
using testing::DriverFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What lies behind the end of an ELF file is nobody's: there any text may stand.
std::vector<std::string> named_in(const std::string &tail) {
    const DriverFolder folder;
    const auto file = folder.write("x", testing::bytes_of(testing::fixture_path("no-entry")) + tail);
    const auto read = read_driver_file(file);
    EXPECT_TRUE(read) << read.error().message;
    return read ? read->named_extensions : std::vector<std::string>{};
}

TEST(DriverFile, TellsExportsOfAnyLibrary) {
    const auto good = read_driver_file(testing::fixture_path("good"));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_THAT(good->exports, Contains("drv_entry_v1"));
    const auto many = read_driver_file(testing::fixture_path("many-exports"));
    ASSERT_TRUE(many) << many.error().message;
    EXPECT_GT(many->exports.size(), good->exports.size());
    EXPECT_TRUE(std::ranges::is_sorted(many->exports));
}

TEST(DriverFile, FindsAnIdThatIsATextOfItsOwn) {
    const auto before = named_in("");
    const std::string id = "drv.fence/1";
    ASSERT_THAT(before, ::testing::Not(Contains(id)));
    const std::string nul(1, '\0');
    EXPECT_THAT(named_in(nul + id + nul), Contains(id));
    EXPECT_THAT(named_in(nul + "no " + id + nul), Contains(id));
    EXPECT_EQ(named_in(nul + id), before);
    EXPECT_EQ(named_in(nul + id + "0" + nul), before);
    EXPECT_EQ(named_in(nul + id + " is missing" + nul), before);
    EXPECT_EQ(named_in(nul + "com.acme." + id + nul), before);
}

TEST(DriverFile, FindsAnIdAcrossTwoPieces) {
    const std::string id = "drv.fence/1";
    const auto length = testing::bytes_of(testing::fixture_path("no-entry")).size();
    constexpr std::size_t kMiB = std::size_t{1} << 20;
    for (std::size_t part = 0; part <= id.size() + 2; ++part) {
        std::string tail(kMiB * 2 - length % kMiB - part, '\0');
        EXPECT_THAT(named_in(tail + id + '\0'), Contains(id)) << part;
    }
}

TEST(DriverFile, RefusesWhatIsNoLibrary) {
    const DriverFolder folder;
    const auto read = read_driver_file(folder.write("x", "#!/bin/sh\n"));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("x.so is not an ELF shared object"));
    EXPECT_FALSE(read_driver_file(folder.file("absent")));
}

TEST(DriverFile, KnowsTheExtensionsOfThisAbi) {
    EXPECT_THAT(known_extensions(),
                ElementsAre("drv.snapshot/1", "drv.clone/1", "drv.extend/1", "drv.profiles/1", "drv.group/1",
                            "drv.manage/1", "drv.retype/1", "drv.stats/1", "drv.qos/1", "drv.fence/1"));
}

} // namespace
} // namespace drover
