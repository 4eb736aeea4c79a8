#include "conformance/report/output_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace drover::conformance {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OutputFile : public testing::Test {
protected:
    OutputFile() {
        std::string name = testing::TempDir() + "output-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    ~OutputFile() override { fs::remove_all(folder_); }
    static std::string content(const fs::path &file) {
        std::ifstream in(file);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }
    fs::path folder_;
};

TEST_F(OutputFile, TakesThePlaceOfTheOldOne) {
    std::ofstream(folder_ / "r.xml") << "a much longer old report";
    ASSERT_TRUE(write_file(folder_ / "r.xml", "new"));
    EXPECT_EQ(content(folder_ / "r.xml"), "new");
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, AReaderOfTheOldOneSeesAllOfIt) {
    std::ofstream(folder_ / "r.xml") << "old";
    std::ifstream reader(folder_ / "r.xml");
    ASSERT_TRUE(write_file(folder_ / "r.xml", "new"));
    std::string read;
    reader >> read;
    EXPECT_EQ(read, "old");
}

TEST_F(OutputFile, AskingChangesNothing) {
    ASSERT_TRUE(check_writable(folder_ / "r.xml"));
    EXPECT_EQ(files(), 0);
    std::ofstream(folder_ / "r.xml") << "old";
    ASSERT_TRUE(check_writable(folder_ / "r.xml"));
    EXPECT_EQ(content(folder_ / "r.xml"), "old");
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, WhatCannotBeWrittenIsToldWithItsFolder) {
    for (const auto &wanted :
         {check_writable("/no/such/folder/r.xml"), write_file("/no/such/folder/r.xml", "")}) {
        ASSERT_FALSE(wanted);
        EXPECT_THAT(wanted.error().message, HasSubstr("/no/such/folder/r.xml cannot be written"));
        EXPECT_THAT(wanted.error().message, HasSubstr("No such file or directory"));
    }
    const auto folder = check_writable(folder_);
    ASSERT_FALSE(folder);
    EXPECT_THAT(folder.error().message, HasSubstr("it is a folder"));
    EXPECT_FALSE(write_file(folder_, "x"));
    EXPECT_FALSE(check_writable("/proc/r.xml"));
}

TEST_F(OutputFile, ASymlinkStaysOne) {
    std::ofstream(folder_ / "real.xml") << "old";
    fs::create_symlink("real.xml", folder_ / "link.xml");
    ASSERT_TRUE(write_file(folder_ / "link.xml", "new"));
    EXPECT_TRUE(fs::is_symlink(folder_ / "link.xml"));
    EXPECT_EQ(content(folder_ / "real.xml"), "new");
}

// As root a rename would put a file in the place of /dev/null for the whole machine.
TEST_F(OutputFile, ADeviceOrPipeIsWrittenToAndStays) {
    ASSERT_TRUE(check_writable("/dev/null"));
    ASSERT_TRUE(write_file("/dev/null", "text"));
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    EXPECT_FALSE(write_file("/dev/full", "text"));
}

TEST_F(OutputFile, ARelativeNameWillDo) {
    const fs::path before = fs::current_path();
    fs::current_path(folder_);
    const auto written = write_file("r.xml", "here");
    fs::current_path(before);
    ASSERT_TRUE(written);
    EXPECT_EQ(content(folder_ / "r.xml"), "here");
}

TEST_F(OutputFile, TheUmaskSaysWhoMayRead) {
    const mode_t before = ::umask(0027);
    const auto written = write_file(folder_ / "r.xml", "x");
    ::umask(before);
    ASSERT_TRUE(written);
    EXPECT_EQ(fs::status(folder_ / "r.xml").permissions(), static_cast<fs::perms>(0640));
}

} // namespace
} // namespace drover::conformance
