#include "loader/driver_text.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(DriverText, TakesUtf8OfEveryLengthAndAlignment) {
    for (std::size_t before = 0; before < 20; ++before) {
        const auto padded = [&](std::string_view text, std::size_t after) {
            std::string result(before, 'a');
            result += text;
            result.append(after, 'a');
            return result;
        };
        for (const char *good : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\x91", "\xED\x9F\xBF"})
            EXPECT_TRUE(is_text(padded(good, before))) << before << good;
        for (const char *bad : {"\xE9", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                "\xFF", "\xC3", "\xE2\x82", "\x80"})
            EXPECT_FALSE(is_text(padded(bad, 0))) << before;
        EXPECT_FALSE(is_text(padded(std::string_view("\0", 1), before)));
    }
}

TEST(DriverText, NamesTheProblem) {
    EXPECT_EQ(problem_with(drv_str{"abc", 3}, 3), std::nullopt);
    EXPECT_EQ(problem_with(drv_str{nullptr, 0}, 3), std::nullopt);
    EXPECT_EQ(problem_with(drv_str{nullptr, 9}, 3), "has 9 bytes but no data pointer");
    EXPECT_EQ(problem_with(drv_str{"abcd", 1ULL << 60}, 3), "is 1152921504606846976 bytes long (at most 3)");
    EXPECT_EQ(problem_with(drv_str{"\xFF", 1}, 3), "is not valid UTF-8");
}

TEST(DriverText, TheQuickAnswerIsTheThoroughOne) {
    const auto agree = [](std::string_view text) {
        const drv_str from{text.data(), text.size()};
        return is_good(from, 64) == !problem_with(from, 64).has_value();
    };
    for (std::size_t size = 0; size <= 40; ++size) {
        const std::string plain(size, 'x');
        EXPECT_TRUE(agree(plain)) << size;
        for (std::size_t at = 0; at < size; ++at) {
            for (const char byte : {'\0', '\1', '\x7F', '\x80', '\xC3', '\xFF'}) {
                std::string text = plain;
                text[at] = byte;
                EXPECT_TRUE(agree(text)) << size << " bytes, byte " << at << " is " << int{byte};
            }
            if (at + 1 < size) {
                std::string text = plain;
                text.replace(at, 2, "\xC3\xA9");
                EXPECT_TRUE(is_good({text.data(), text.size()}, 64)) << text;
            }
        }
    }
    EXPECT_FALSE(is_good({nullptr, 5}, 64));
    EXPECT_TRUE(is_good({nullptr, 0}, 64));
    EXPECT_TRUE(agree(std::string(64, 'x')) && agree(std::string(65, 'x')));
}

TEST(DriverText, MakesOneLineOfAnything) {
    EXPECT_EQ(one_line(std::string_view("a\nb\tc\x7F"
                                        "d\n")),
              "a b c d");
    EXPECT_EQ(one_line(std::string_view("caf\xE9 \xC3\xA9")), "caf\xEF\xBF\xBD \xC3\xA9");
    EXPECT_EQ(one_line(std::string_view("abc\xC3\xA9"), 4), "abc"); // never half a character
    EXPECT_EQ(one_line(drv_str{nullptr, 5}), "(unreadable text)");
    EXPECT_EQ(one_line(drv_str{"x", 1ULL << 50}), "(unreadable text)");
    EXPECT_EQ(one_line(drv_str{nullptr, 0}), "");
}

} // namespace
} // namespace drover
