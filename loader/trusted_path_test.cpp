#include "loader/testing/driver_folder.hpp"
#include "loader/trusted_path.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <unistd.h>

namespace drover {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct TrustedPathTest : ::testing::Test {
    std::string refusal(const fs::path &path) {
        const auto result = check_trusted_file(path);
        return result ? "trusted" : result.error().message;
    }
    testing::DriverFolder folder;
};

TEST_F(TrustedPathTest, TrustsWhatOnlyWeCanChange) {
    const auto file = folder.write("x", "bytes");
    const auto result = check_trusted_file(file);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(*result, file);
}

TEST_F(TrustedPathTest, RefusesWritableFilesAndFolders) {
    const auto file = folder.write("x", "bytes");
    folder.chmod(file, 0666);
    EXPECT_EQ(refusal(file),
              fmt::format("{0} is writable by group and others (mode 0666, uid {1}), who could replace "
                          "the driver. To fix it: chmod go-w {0}",
                          file.native(), ::geteuid()));
    folder.chmod(file, 0664);
    EXPECT_THAT(refusal(file), HasSubstr("writable by its group (mode 0664"));
    folder.chmod(file, 0755);
    folder.chmod(folder.path(), 0703);
    EXPECT_EQ(refusal(file),
              fmt::format("{0} is writable by others (mode 0703, uid {1}), who could replace the driver. "
                          "To fix it: chmod go-w {0}",
                          folder.path().native(), ::geteuid()));
    folder.chmod(folder.path(), 0700);
    EXPECT_EQ(refusal(file), "trusted");
}

TEST_F(TrustedPathTest, RefusesStrangersFiles) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can give a file away";
    const auto file = folder.write("it's", "bytes");
    ASSERT_EQ(::chown(file.c_str(), 12345, 0), 0);
    EXPECT_EQ(refusal(file),
              fmt::format("{} belongs to uid 12345 (mode 0755), who could replace the driver; it must "
                          "belong to root. To fix it: chown root:root '{}/it'\\''s.so'",
                          file.native(), folder.path().native()));
}

TEST_F(TrustedPathTest, FollowsOurSymlinksAndChecksWhereTheyLead) {
    fs::create_directories(folder.path() / "real");
    const auto file = folder.write("real/x", "bytes");
    fs::create_symlink("real/x.so", folder.file("alias"));
    fs::create_symlink("../real/../alias.so", folder.path() / "real/twice.so");
    EXPECT_EQ(*check_trusted_file(folder.file("alias")), file);
    EXPECT_EQ(*check_trusted_file(folder.path() / "real/twice.so"), file);
    folder.chmod(folder.path() / "real", 0777);
    EXPECT_THAT(refusal(folder.file("alias")), HasSubstr("real is writable by group and others (mode 0777"));
}

TEST_F(TrustedPathTest, RefusesStrangersSymlinks) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can give a symlink away";
    folder.write("x", "bytes");
    fs::create_symlink("x.so", folder.file("alias"));
    ASSERT_EQ(::lchown(folder.file("alias").c_str(), 12345, 0), 0);
    EXPECT_THAT(refusal(folder.file("alias")),
                HasSubstr("To fix it: chown -h root:root " + folder.file("alias").native()));
}

TEST_F(TrustedPathTest, RefusesCirclesRelativePathsAndWhatIsNoFile) {
    fs::create_symlink("b.so", folder.file("a"));
    fs::create_symlink("a.so", folder.file("b"));
    EXPECT_THAT(refusal(folder.file("a")), HasSubstr("more than 40 symlinks"));
    EXPECT_EQ(refusal("x.so"), "x.so is not an absolute path; drivers are only loaded by one");
    EXPECT_EQ(refusal(folder.path()), folder.path().native() + " is not a regular file: a driver is a .so");
    EXPECT_EQ(check_trusted_file(folder.file("absent")).error().code, Code::not_found);
    const auto file = folder.write("x", "bytes");
    EXPECT_THAT(refusal(file / "deeper.so"), HasSubstr("Not a directory"));
}

} // namespace
} // namespace drover
