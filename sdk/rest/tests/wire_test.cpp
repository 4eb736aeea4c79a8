#include "sdk/rest/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace drv::rest {
namespace {

// Bytes in pieces, then an orderly end or a failure.
class Bytes : public ByteSource {
public:
    Bytes(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
    [[nodiscard]] Outcome<std::size_t> read(std::span<char> to) override {
        const std::size_t count = std::min({to.size(), piece_, bytes_.size() - at_});
        std::copy_n(bytes_.data() + at_, count, to.data());
        at_ += count;
        if (count == 0 && ends_broken)
            return failed(Failure::Kind::broken, "the cable was cut");
        return count;
    }
    bool ends_broken = false;

private:
    const std::string bytes_;
    const std::size_t piece_;
    std::size_t at_ = 0;
};

constexpr AnswerLimits kLimits{4096, 100'000};

TEST(RestWire, AnAnswerIsTheSameInPiecesOfAnySize) {
    const std::string text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: "
                             "chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        Bytes bytes(text, piece);
        const auto answer = read_answer(bytes, Method::get, kLimits);
        ASSERT_TRUE(answer) << piece << answer.error().detail;
        EXPECT_EQ(answer->response.body, "abcd");
        EXPECT_EQ(answer->response.header("a"), "b");
        EXPECT_TRUE(answer->keeps_open);
    }
}

TEST(RestWire, AFirstChunkMayBeTheLastOneInPiecesOfAnySize) {
    const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        Bytes bytes(text, piece);
        const auto answer = read_answer(bytes, Method::get, kLimits);
        ASSERT_TRUE(answer) << piece << answer.error().detail;
        EXPECT_EQ(answer->response.body, "");
        EXPECT_TRUE(answer->keeps_open);
        Bytes cut(text.substr(0, text.size() - 1), piece);
        const auto none = read_answer(cut, Method::get, kLimits);
        ASSERT_FALSE(none) << piece;
        EXPECT_EQ(none.error().kind, Failure::Kind::broken);
    }
}

TEST(RestWire, ABodyUpToTheEndIsWholeOnlyWhenTheEndIsOrderly) {
    Bytes orderly("HTTP/1.1 200 OK\r\n\r\nbody", 7);
    const auto answer = read_answer(orderly, Method::get, kLimits);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->response.body, "body");
    EXPECT_FALSE(answer->keeps_open);
    Bytes cut("HTTP/1.1 200 OK\r\n\r\nbody", 7);
    cut.ends_broken = true;
    const auto none = read_answer(cut, Method::get, kLimits);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, Failure::Kind::broken);
    EXPECT_EQ(none.error().detail, "the answer ended in its middle: the cable was cut");
}

TEST(RestWire, TheEndBeforeAnAnswerIsABrokenConnection) {
    Bytes bytes("", 1);
    const auto answer = read_answer(bytes, Method::get, kLimits);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, Failure::Kind::broken);
    EXPECT_EQ(answer.error().detail, "the connection was closed without an answer");
}

TEST(RestWire, InterimAnswersWithoutEndAreRefused) {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "HTTP/1.1 102 Processing\r\n\r\n";
    Bytes bytes(text, text.size());
    const auto answer = read_answer(bytes, Method::get, kLimits);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, Failure::Kind::malformed);
}

TEST(RestWire, TheHeadersOfAnIpv6ArrayHaveBrackets) {
    const std::string text = request_text({.path = "/"}, {"::1", 8443}, {}, "x");
    EXPECT_THAT(text, ::testing::HasSubstr("Host: [::1]:8443\r\n"));
    EXPECT_EQ(text.find("Content-"), std::string::npos) << "no body, no headers for one";
    EXPECT_THAT(request_text({.method = Method::post, .path = "/"}, {"a"}, {}, "x"),
                ::testing::HasSubstr("Content-Length: 0\r\n"));
}

} // namespace
} // namespace drv::rest
