#include "core/config/suggest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace drover {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsChangesAndSwaps) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("verison", "version"), 1U);
    EXPECT_EQ(edit_distance("ab", "ba"), 1U);
    EXPECT_EQ(edit_distance("Root-Path", "root_path"), 0U);
}

TEST(Suggest, FindsWhatWasMeant) {
    const std::vector<std::string> known = {"root_path", "pool", "profile", "plugin-dir"};
    EXPECT_EQ(suggest("root_pth", known), "root_path");
    EXPECT_EQ(suggest("rootpath", known), "root_path");
    EXPECT_EQ(suggest("ROOT-PATH", known), "root_path");
    EXPECT_EQ(suggest("polo", known), "pool");
    EXPECT_EQ(suggest("plugin_dir", known), "plugin-dir");
}

TEST(Suggest, IsSilentRatherThanWrong) {
    const std::vector<std::string> known = {"root_path", "pool", "x"};
    EXPECT_EQ(suggest("colour", known), std::nullopt);
    EXPECT_EQ(suggest("y", known), std::nullopt);
    EXPECT_EQ(suggest("", known), std::nullopt);
    EXPECT_EQ(suggest("port", known), std::nullopt);
    EXPECT_EQ(suggest("pool", {}), std::nullopt);
    EXPECT_EQ(suggest(std::string(1'000'000, 'p'), known), std::nullopt);
}

TEST(Suggest, PrefersTheClosest) {
    const std::vector<std::string> known = {"profiles", "profile"};
    EXPECT_EQ(suggest("profil", known), "profile");
}

} // namespace
} // namespace drover
