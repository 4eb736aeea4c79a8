#include "core/http/target.hpp"

#include <gmock/gmock.h>

namespace drover::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Target, is_cut_before_it_is_decoded) {
    const auto target = parse_target("/v2/volumes/a%2Fb?backend=x%26y&wait=1&flag");
    ASSERT_TRUE(target);
    EXPECT_THAT(target->segments, ElementsAre("v2", "volumes", "a/b"));
    EXPECT_THAT(target->query, ElementsAre(Pair("backend", "x&y"), Pair("wait", "1"), Pair("flag", "")));
}

TEST(Target, keeps_a_plus_and_empty_segments) {
    const auto target = parse_target("//a+b/?");
    ASSERT_TRUE(target);
    EXPECT_THAT(target->segments, ElementsAre("", "a+b", ""));
    EXPECT_THAT(target->query, IsEmpty());
}

TEST(Target, refuses_broken_encodings_and_what_is_no_path) {
    for (const char *bad : {"", "v2", "*", "/%", "/%2", "/%zz", "/a?b=%f", "/a?%=1"}) {
        const auto target = parse_target(bad);
        ASSERT_FALSE(target) << bad;
        EXPECT_EQ(target.error().code, Code::invalid) << bad;
    }
}

TEST(Target, encodes_what_parses_back_to_the_same) {
    std::string all;
    for (int c = 0; c < 256; ++c)
        all += static_cast<char>(c);
    const auto target = parse_target("/" + encode_segment(all) + "?" + encode_segment(all) + "=x");
    ASSERT_TRUE(target);
    EXPECT_THAT(target->segments, ElementsAre(all));
    EXPECT_THAT(target->query, ElementsAre(Pair(all, "x")));
}

} // namespace
} // namespace drover::http
