#include "loader/status.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <set>

namespace drover {
namespace {

TEST(Status, EveryCodeOfTheAbiHasItsOwnCodeAndComesBack) {
    std::set<Code> seen;
    for (drv_status status = DRV_E_INTERNAL; status <= DRV_E_GONE; ++status) {
        if (status == DRV_E_STOPPED)
            continue;
        const Code code = code_of(status);
        EXPECT_TRUE(seen.insert(code).second) << status;
        EXPECT_EQ(status_of(code), status);
        EXPECT_FALSE(general_text(code).empty());
    }
    EXPECT_EQ(seen.size(), 12U);
}

TEST(Status, EveryCodeOfTheHostIsInTheTable) {
    for (int code = 0; code <= static_cast<int>(Code::gone); ++code)
        EXPECT_EQ(code_of(status_of(static_cast<Code>(code))), static_cast<Code>(code));
}

TEST(Status, WhatIsNoErrorOrUnknownReadsAsInternal) {
    for (const drv_status status :
         std::initializer_list<drv_status>{DRV_OK, DRV_E_STOPPED, 14, 77, -1, INT32_MIN, INT32_MAX})
        EXPECT_EQ(code_of(status), Code::internal) << status;
}

} // namespace
} // namespace drover
