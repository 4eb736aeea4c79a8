#include "loader/library.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using ::testing::HasSubstr;

struct LibraryTest : ::testing::Test {
    std::string refusal(const std::string &fixture) const {
        const auto result = DriverLibrary::load(folder.put(fixture));
        return result ? "loaded" : result.error().message;
    }
    std::string file(const std::string &fixture) const { return folder.file(fixture).native(); }
    testing::DriverFolder folder;
};

TEST_F(LibraryTest, LoadsADriverOncePerFile) {
    const auto path = folder.put("good");
    const auto first = DriverLibrary::load(path);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_EQ((*first)->description().name, "good");
    EXPECT_EQ((*first)->description().path, path.native());
    EXPECT_EQ((*first)->descriptor().abi_major, DRV_ABI_MAJOR);
    EXPECT_EQ(*DriverLibrary::load(path), *first);
}

TEST_F(LibraryTest, RefusesAFileThatWasReplacedAfterItWasLoaded) {
    const auto path = folder.put("good");
    ASSERT_TRUE(DriverLibrary::load(path).has_value());
    std::filesystem::rename(folder.put_as("good", "new"), path);
    const auto again = DriverLibrary::load(path);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().message, path.native() +
                                         " was replaced after this process had loaded it; restart the "
                                         "process to use the new file");
}

TEST_F(LibraryTest, ADriverThatSpeaksTwoMajorsLoads) {
    EXPECT_EQ(refusal("both-majors"), "loaded");
}

TEST_F(LibraryTest, SaysWhenThereIsNoDriver) {
    EXPECT_EQ(refusal("no-entry"), file("no-entry") +
                                       " is no driver: it exports no drv_entry_vN; mark the entry with "
                                       "DRV_EXPORT, or build with drv_add_driver");
    EXPECT_EQ(refusal("entry-is-data"),
              file("entry-is-data") + " is no driver: its drv_entry_v1 is not a function");
}

TEST_F(LibraryTest, SaysWhichMajorADriverSpeaks) {
    EXPECT_EQ(refusal("wrong-major"), file("wrong-major") +
                                          " speaks ABI 2 only, this agent speaks 1; install the "
                                          "driver's version for ABI 1, or an agent that speaks ABI 2");
}

TEST_F(LibraryTest, NamesSuperfluousExports) {
    EXPECT_EQ(refusal("many-exports"),
              file("many-exports") +
                  " exports more than its entry: fixture_a, fixture_b, fixture_c, fixture_d, "
                  "fixture_e and 1 more; these can clash with the agent or with other drivers, so "
                  "build with hidden visibility and a version script (drv_add_driver does both)");
}

TEST_F(LibraryTest, CarriesTheDynamicLinkersOwnWords) {
    EXPECT_THAT(refusal("unresolved"), HasSubstr("undefined symbol: drover_fixture_that_nobody_defines"));
    EXPECT_THAT(refusal("null-entry"),
                HasSubstr("\"drv_entry_v1()\": found NULL, wanted a pointer to a drv_driver_v1"));
}

} // namespace
} // namespace drover
