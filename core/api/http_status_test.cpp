#include "core/api/http_status.hpp"
#include "core/api/json_views.hpp"

#include <gtest/gtest.h>

#include <map>

namespace drover {
namespace {

TEST(HttpStatus, is_told_for_every_code) {
    const std::map<Code, unsigned> expected = {
        {Code::internal, 500},    {Code::invalid, 400},  {Code::unsupported, 501}, {Code::not_found, 404},
        {Code::exists, 409},      {Code::conflict, 409}, {Code::no_space, 507},    {Code::auth, 502},
        {Code::unreachable, 503}, {Code::deadline, 504}, {Code::cancelled, 503},   {Code::gone, 502},
    };
    // `gone` is the last one; a code after it would have no word and read as internal.
    EXPECT_EQ(to_string(static_cast<Code>(static_cast<int>(Code::gone) + 1)), "internal");
    for (int i = 0; i <= static_cast<int>(Code::gone); ++i) {
        const auto code = static_cast<Code>(i);
        ASSERT_TRUE(expected.contains(code)) << to_string(code);
        EXPECT_EQ(http_status_of(code), expected.at(code)) << to_string(code);
        const auto response = error_response(Error{.code = code, .message = "m"});
        EXPECT_EQ(response.status, expected.at(code));
        EXPECT_EQ(response.body, R"({"error":{"code":")" + std::string(to_string(code)) +
                                     R"(","message":"m","retryable":false}})");
    }
}

TEST(HttpStatus, comes_with_all_that_is_known_of_the_error) {
    const auto response = error_response(Error{.code = Code::unreachable,
                                               .message = "the array does not answer",
                                               .vendor_code = "E17",
                                               .retryable = true,
                                               .state_unknown = true,
                                               .retry_after = std::chrono::microseconds(1500)});
    EXPECT_EQ(response.body,
              R"({"error":{"code":"unreachable","message":"the array does not answer","retryable":true,)"
              R"("state_unknown":true,"vendor_code":"E17","retry_after_ms":2}})");
}

} // namespace
} // namespace drover
