// The configuration getters, and text.
#include "drover/sdk.hpp"
#include "drover/sdk/testing/fake_host.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace drv::testing {
namespace {

class HostTest : public ::testing::Test {
protected:
    template <class Body>
    static Code code_thrown_by(const Body &body) {
        try {
            body();
        } catch (const Error &error) {
            EXPECT_FALSE(error.message.empty());
            return error.code;
        }
        ADD_FAILURE() << "nothing was thrown";
        return Code::internal;
    }
    FakeHost fake;
    Host host{fake.get()};
};

TEST_F(HostTest, ValuesComeTyped) {
    fake.config = {{"name", "x y"}, {"n", "42"},     {"size", "10737418240"},
                   {"yes", "true"}, {"no", "false"}, {"items", "a\n\nb"}};
    EXPECT_EQ(host.string("name"), "x y");
    EXPECT_EQ(host.u64("n"), 42U);
    EXPECT_EQ(host.bytes("size"), 10737418240U);
    EXPECT_TRUE(host.boolean("yes"));
    EXPECT_FALSE(host.boolean("no"));
    EXPECT_EQ(host.list("items"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(host.backend(), "tested");
    EXPECT_EQ(host.node_id(), "node-a");
}

TEST_F(HostTest, AbsentIsNothingOrAnErrorThatNamesTheKey) {
    EXPECT_EQ(host.find_string("name"), std::nullopt);
    EXPECT_EQ(host.find_list("name"), std::nullopt);
    EXPECT_EQ(code_thrown_by([&] { (void)host.u64("n"); }), Code::invalid);
}

TEST_F(HostTest, WrongFormsAreRefused) {
    fake.config = {{"n", "4x"}, {"neg", "-1"}, {"big", "18446744073709551616"}, {"empty", ""}, {"b", "yes"}};
    for (const char *key : {"n", "neg", "big", "empty"})
        EXPECT_EQ(code_thrown_by([&] { (void)host.u64(key); }), Code::invalid) << key;
    EXPECT_EQ(code_thrown_by([&] { (void)host.boolean("b"); }), Code::invalid);
}

TEST_F(HostTest, KeyThatIsNotDeclaredIsABugOfTheDriver) {
    EXPECT_EQ(code_thrown_by([&] { (void)host.find_string("undeclared-key"); }), Code::internal);
}

TEST_F(HostTest, SecretIsSeenInsideTheCallbackOnly) {
    fake.secrets["password"] = "s3cret";
    std::string seen;
    host.secret("password", [&](std::string_view value) { seen = value; });
    EXPECT_EQ(seen, "s3cret");
    EXPECT_FALSE(host.find_secret("other", [](std::string_view) { FAIL(); }));
    EXPECT_EQ(code_thrown_by([&] { host.secret("other", [](std::string_view) {}); }), Code::invalid);
}

TEST_F(HostTest, WhatASecretCallbackThrowsComesOut) {
    fake.secrets["password"] = "s3cret";
    EXPECT_THROW(host.secret("password", [](std::string_view) { throw std::runtime_error("x"); }),
                 std::runtime_error);
}

TEST_F(HostTest, LogLinesAreOneLine) {
    host.warn("a\nb");
    EXPECT_EQ(fake.logged(DRV_LOG_WARN), "a b\n");
}

TEST(Text, Utf8) {
    for (const std::string_view good :
         {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\x91", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xffz"})
        EXPECT_FALSE(is_utf8(bad));
}

TEST(Text, OneLineCutsAtACharacter) {
    EXPECT_EQ(one_line("ab\xc3\xa4", 3), "ab");
    EXPECT_EQ(one_line("a\r\n\x7f", 10), "a   ");
    EXPECT_EQ(one_line("\xe2\x82z", 10), "??z");
}

TEST(Text, OwnsUnlessItBorrows) {
    std::string bytes = "abc";
    const Text owned = bytes;
    const Text borrowed = Text::borrow(bytes);
    bytes[0] = 'X';
    EXPECT_EQ(owned.view(), "abc");
    EXPECT_EQ(borrowed.view(), "Xbc");
    EXPECT_TRUE(Text().empty());
}

} // namespace
} // namespace drv::testing
