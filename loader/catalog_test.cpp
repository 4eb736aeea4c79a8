#include "loader/library.hpp"
#include "loader/open.hpp"
#include "loader/testing/driver_folder.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

using ::testing::HasSubstr;

struct CatalogTest : ::testing::Test {
    std::string refusal(std::string_view name) const {
        const auto result = catalog.load(name);
        return result ? "loaded" : result.error().message;
    }
    testing::DriverFolder folder;
    Catalog catalog{folder.path()};
};

TEST_F(CatalogTest, LoadsByNameAndByAlias) {
    folder.put("good");
    std::filesystem::create_symlink("good.so", folder.file("old_flocker_driver"));
    const auto library = catalog.load("good");
    ASSERT_TRUE(library.has_value()) << library.error().message;
    EXPECT_EQ(description(**library).name, "good");
    EXPECT_EQ(*catalog.load("old_flocker_driver"), *library);
    EXPECT_EQ(*catalog.load_file(folder.file("good")), *library);
}

TEST_F(CatalogTest, SaysTheRuleForNames) {
    for (const char *name : {"", "Good", "../good", "a/b", "good.so"}) {
        EXPECT_EQ(refusal(name),
                  "\"" + std::string(name) +
                      "\" cannot be a driver's name: it must be 1 to 63 characters of a-z, 0-9, \"_\" "
                      "and \"-\", and begin with a letter");
    }
}

TEST_F(CatalogTest, SaysWhatIsThereInsteadOfAMissingDriver) {
    const std::string none = "no driver \"god\": there is no " + folder.file("god").native();
    EXPECT_EQ(refusal("god"), none + "; the folder has no drivers at all. Is driver-dir right?");
    folder.put("good");
    folder.put("serial");
    EXPECT_EQ(refusal("god"), none + ". Did you mean \"good\"? Drivers there: good, serial");
    EXPECT_EQ(refusal("elsewhere"), "no driver \"elsewhere\": there is no " +
                                        folder.file("elsewhere").native() + ". Drivers there: good, serial");
    EXPECT_EQ(catalog.load("elsewhere").error().code, Code::not_found);
}

TEST_F(CatalogTest, WantsAnAbsoluteFolderThatExists) {
    EXPECT_EQ(Catalog("drivers").load("good").error().message,
              "the driver folder \"drivers\" is not an absolute path");
    EXPECT_THAT(Catalog(folder.path() / "absent").load("good").error().message,
                HasSubstr("the folder cannot be read: No such file or directory"));
    const auto rows = Catalog(folder.path() / "absent").scan();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_THAT(rows[0].description.error().message, HasSubstr("cannot be read: No such file or directory"));
}

TEST_F(CatalogTest, RefusesAWritableDriverBeforeAnyOfItRuns) {
    folder.chmod(folder.put("good"), 0777);
    EXPECT_THAT(refusal("good"), HasSubstr("To fix it: chmod go-w " + folder.file("good").native()));
}

TEST_F(CatalogTest, AliasesMustLeadToADriverOfItsOwnName) {
    folder.put_as("good", "renamed");
    std::filesystem::create_symlink("renamed.so", folder.file("good"));
    EXPECT_THAT(refusal("good"), HasSubstr("found \"good\", wanted \"renamed\", the file's stem"));
}

TEST_F(CatalogTest, ADanglingAliasSaysWhereItLed) {
    std::filesystem::create_symlink("gone.so", folder.file("alias"));
    EXPECT_THAT(refusal("alias"), HasSubstr(folder.file("gone").native()));
}

TEST_F(CatalogTest, ScansGoodAndBadSortedByName) {
    folder.put("good");
    folder.put("bad-name");
    folder.write("Text", "no driver");
    std::filesystem::create_symlink("good.so", folder.file("zz_alias"));
    const auto rows = catalog.scan();
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].name, "Text");
    EXPECT_EQ(rows[1].name, "bad-name");
    EXPECT_EQ(rows[2].name, "good");
    EXPECT_EQ(rows[3].name, "zz_alias");
    EXPECT_FALSE(rows[0].description.has_value());
    EXPECT_FALSE(rows[1].description.has_value());
    EXPECT_TRUE(rows[2].description.has_value());
    EXPECT_EQ(rows[3].description->name, "good");
    EXPECT_EQ(rows[3].path, folder.file("zz_alias"));
}

TEST(Catalog, NamesAreThoseOfTheFiles) {
    const testing::DriverFolder folder;
    folder.write("beta", "no library");
    folder.write("alpha", "");
    folder.write("No\nName", "");
    std::ofstream(folder.path() / "readme.txt") << "text";
    EXPECT_THAT(Catalog(folder.path()).names(), ::testing::ElementsAre("alpha", "beta"));
    EXPECT_THAT(Catalog("/nowhere/at/all").names(), ::testing::IsEmpty());
}

} // namespace
} // namespace drover
