#include "conformance/report/markup.hpp"

#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

constexpr const char *kReplaced = "\xEF\xBF\xBD";

TEST(Markup, EscapesWhatMarkupMeans) {
    EXPECT_EQ(escaped("a < b && c > \"d\" 'e'"), "a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;");
    EXPECT_EQ(escaped("&lt;"), "&amp;lt;");
    EXPECT_EQ(escaped("]]>"), "]]&gt;");
}

TEST(Markup, KeepsTextOfAnyLanguage) {
    EXPECT_EQ(escaped("Größe 容量 \U0001F4BE"), "Größe 容量 \U0001F4BE");
    EXPECT_EQ(escaped("\xC2\xA0"), "\xC2\xA0"); // the first after the controls
}

TEST(Markup, ReplacesWhatXmlForbids) {
    for (int c = 1; c < 0x20; ++c) {
        const std::string one(1, static_cast<char>(c));
        EXPECT_EQ(escaped(one), c == '\n' || c == '\t' ? one : " ") << c;
    }
    EXPECT_EQ(escaped(std::string_view("\0", 1)), " ");
    EXPECT_EQ(escaped("\x7F"), " ");
    EXPECT_EQ(escaped("\xFF"), kReplaced);
    EXPECT_EQ(escaped("\xEF\xBF\xBE"), kReplaced);
    EXPECT_EQ(escaped("\xEF\xBF\xBF"), kReplaced);
    EXPECT_EQ(escaped("\xED\xA0\x80"), std::string(kReplaced) + kReplaced + kReplaced); // half a pair
    EXPECT_EQ(escaped("\xC2\x9B"), kReplaced);
}

TEST(Markup, LineBreaksSurviveInAttributes) {
    EXPECT_EQ(escaped("a\n\tb"), "a\n\tb");
    EXPECT_EQ(escaped_attribute("a\n\tb\"<"), "a&#10;&#9;b&quot;&lt;");
}

} // namespace
} // namespace drover::conformance
