#include "core/agent/driver_digest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace drover {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct DriverDigest : ::testing::Test {
    DriverDigest() {
        std::string pattern = "/tmp/drover-digest-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        std::ofstream(folder / "f") << "abc";
    }
    ~DriverDigest() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    DriverDigest(const DriverDigest &) = delete;
    DriverDigest &operator=(const DriverDigest &) = delete;
    std::filesystem::path folder;
};

// FIPS 180-2, B.1.
constexpr const char *kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_F(DriverDigest, TakesTheFileThatIsNamed) {
    EXPECT_TRUE(check_digest(folder / "f", kAbc).has_value());
}

TEST_F(DriverDigest, RefusesAnotherOneWithBothSums) {
    const std::string other(64, '0');
    const auto refused = check_digest(folder / "f", other);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::invalid);
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr(kAbc), HasSubstr(other), HasSubstr((folder / "f").string())));
}

TEST_F(DriverDigest, TellsWhatCannotBeRead) {
    EXPECT_THAT(check_digest(folder / "none", kAbc).error().message, HasSubstr("cannot read"));
    EXPECT_THAT(check_digest(folder, kAbc).error().message, HasSubstr("cannot read"));
}

} // namespace
} // namespace drover
