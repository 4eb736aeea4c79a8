#include "conformance/suite/pattern.hpp"
#include "loader/base/unique_fd.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace drover::conformance {
namespace {

constexpr std::uint64_t kSize = std::uint64_t{4} << 20;

class PatternTest : public testing::Test {
protected:
    PatternTest() {
        std::string name = testing::TempDir() + "pattern-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        std::ofstream(file()).close();
        std::filesystem::resize_file(file(), kSize);
    }
    ~PatternTest() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "device"; }
    void put(std::uint64_t offset, char byte) const {
        const UniqueFd fd(::open(file().c_str(), O_WRONLY | O_CLOEXEC));
        ASSERT_EQ(::pwrite(fd.get(), &byte, 1, static_cast<off_t>(offset)), 1);
    }
    std::filesystem::path folder_;
};

TEST_F(PatternTest, IsFoundAgain) {
    ASSERT_TRUE(write_pattern(file(), 1, kSize));
    EXPECT_EQ(check_pattern(file(), 1, kSize).value(), std::nullopt);
}

TEST_F(PatternTest, AnotherSeedAnotherPlaceAndOneByteAreSeen) {
    EXPECT_THAT(check_pattern(file(), 1, kSize).value().value_or(""), testing::HasSubstr("zeros"));
    ASSERT_TRUE(write_pattern(file(), 1, kSize));
    EXPECT_NE(check_pattern(file(), 2, kSize).value(), std::nullopt);
    put(kSize - 1, '\x5A');
    EXPECT_THAT(check_pattern(file(), 1, kSize).value().value_or(""), testing::HasSubstr("other bytes"));
}

TEST_F(PatternTest, ADeviceThatIsTooShortIsSeen) {
    ASSERT_TRUE(write_pattern(file(), 1, kSize));
    EXPECT_THAT(check_pattern(file(), 1, kSize + kPatternStride).value().value_or(""),
                testing::HasSubstr("ends"));
    EXPECT_THAT(check_zero(file(), kSize, kSize + 1).value().value_or(""), testing::HasSubstr("ends"));
}

TEST_F(PatternTest, ZeroIsZeroToTheLastByte) {
    EXPECT_EQ(check_zero(file(), 0, kSize).value(), std::nullopt);
    put(kSize - 1, 'x');
    EXPECT_EQ(check_zero(file(), 0, kSize - 1).value(), std::nullopt);
    EXPECT_EQ(check_zero(file(), 0, kSize).value(), "byte 4194303 is 0x78");
}

TEST_F(PatternTest, FilesAreFoundAgain) {
    ASSERT_TRUE(write_files(folder_, 7));
    EXPECT_EQ(check_files(folder_, 7).value(), std::nullopt);
    EXPECT_NE(check_files(folder_, 8).value(), std::nullopt);
    std::filesystem::remove(folder_ / "pattern-1");
    EXPECT_EQ(check_files(folder_, 7).value(), "the file pattern-1 is missing");
}

TEST_F(PatternTest, WhatCannotBeOpenedIsAnError) {
    EXPECT_FALSE(check_pattern(folder_ / "absent", 1, kSize));
    EXPECT_FALSE(write_pattern(folder_ / "absent", 1, kSize));
}

} // namespace
} // namespace drover::conformance
