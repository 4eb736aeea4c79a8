#include "loader/base/file_content.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace drover {
namespace {

TEST(FileContentTest, AFileOfTheKernelIsReadWhole) {
    // Its size is told as 0, and it is longer than one read gives.
    const auto content = content_of("/proc/self/smaps");
    ASSERT_TRUE(content.has_value());
    EXPECT_GT(content->size(), 8192U);
    EXPECT_EQ(content->back(), '\n');
}

// As a disk's attribute that was open when the disk went away.
TEST(FileContentTest, WhatOpensAndCannotBeReadIsNothing) {
    EXPECT_EQ(content_of("/proc/self"), std::nullopt);     // a folder: EISDIR
    EXPECT_EQ(content_of("/proc/self/mem"), std::nullopt); // address 0: EIO
    EXPECT_EQ(content_of("/proc/self/no-such-file"), std::nullopt);
}

} // namespace
} // namespace drover
