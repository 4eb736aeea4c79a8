// What needs no connection: addresses, secrets, requests as values, the array's words, fields of JSON.
#include "drover/sdk/rest/address.hpp"
#include "drover/sdk/rest/answer_error.hpp"
#include "drover/sdk/rest/json.hpp"
#include "drover/sdk/rest/secrets.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drv::rest {
namespace {

using ::testing::HasSubstr;

TEST(RestAddress, IsReadInEachOfItsForms) {
    const auto parsed = [](std::string_view text) { return Address::parse(text); };
    EXPECT_EQ(parsed("array.example.com"), (Address{"array.example.com", 443}));
    EXPECT_EQ(parsed("array:8443"), (Address{"array", 8443}));
    EXPECT_EQ(parsed("192.0.2.1"), (Address{"192.0.2.1", 443}));
    EXPECT_EQ(parsed("192.0.2.1:1"), (Address{"192.0.2.1", 1}));
    EXPECT_EQ(parsed("2001:db8::1"), (Address{"2001:db8::1", 443}));
    EXPECT_EQ(parsed("[2001:db8::1]"), (Address{"2001:db8::1", 443}));
    EXPECT_EQ(parsed("[::1]:65535"), (Address{"::1", 65535}));
    EXPECT_EQ(Address::parse("array", 4443).port, 4443);
}

TEST(RestAddress, IsWrittenAsInAUrl) {
    EXPECT_EQ((Address{"array", 443}).text(), "array");
    EXPECT_EQ((Address{"192.0.2.1", 8443}).text(), "192.0.2.1:8443");
    EXPECT_EQ((Address{"::1", 443}).text(), "[::1]");
    EXPECT_EQ((Address{"::1", 8443}).text(), "[::1]:8443");
    EXPECT_TRUE((Address{"::1"}).is_ip());
    EXPECT_FALSE((Address{"array"}).is_ip());
}

TEST(RestAddress, AnythingElseIsRefusedInOneSentence) {
    for (const char *text :
         {"", ":443", "https://array", "array/api", "a b", "array:", "array:0", "array:65536", "array:x",
          "array:443x", "[::1", "[::1]443", "[array]:1", "1:2:3", "[::1]:", "-a", ".a", "a\nb", "array:-1"}) {
        try {
            static_cast<void>(Address::parse(text));
            ADD_FAILURE() << text;
        } catch (const Error &error) {
            EXPECT_EQ(error.code, Code::invalid);
            EXPECT_THAT(error.message, HasSubstr("is no address of an array: "));
            EXPECT_EQ(error.message.find('\n'), std::string::npos);
        }
    }
}

TEST(RestSecrets, NeverAppearInAnyOfTheirForms) {
    Secrets secrets;
    secrets.add("pass\"word/+");
    secrets.add("");
    EXPECT_EQ(secrets.cleaned("a pass\"word/+ b"), "a *** b");
    EXPECT_EQ(secrets.cleaned(R"({"p":"pass\"word/+"})"), R"({"p":"***"})");
    EXPECT_EQ(secrets.cleaned("?p=pass%22word%2F%2B&q"), "?p=***&q");
    EXPECT_EQ(secrets.cleaned("Basic cGFzcyJ3b3JkLys="), "Basic ***");
    EXPECT_EQ(secrets.cleaned("nothing"), "nothing");
    EXPECT_EQ(secrets.cleaned(""), "");
}

TEST(RestSecrets, OverlappingOnesLeaveNothing) {
    Secrets secrets;
    secrets.add("abcd");
    secrets.add("cdef");
    secrets.add("bc");
    EXPECT_EQ(secrets.cleaned("xabcdefx"), "x***x");
    EXPECT_EQ(secrets.cleaned("abcabcd"), "a******") << "none shows through between them";
}

TEST(RestSecrets, OfThePassingOnesTheNewestAreKnown) {
    Secrets secrets;
    secrets.add("for ever");
    for (std::size_t i = 0; i <= Secrets::kPassing; ++i)
        secrets.add_passing("token-" + std::to_string(1000 + i));
    EXPECT_EQ(secrets.cleaned("for ever token-1000 token-1001 token-1064"), "*** token-1000 *** ***");
}

TEST(RestSecrets, HeadersOfSessionsAreSecretByName) {
    for (const char *name :
         {"Authorization", "cookie", "Set-Cookie", "X-Auth-Token", "X-SDS-AUTH-TOKEN", "api-key"})
        EXPECT_TRUE(Secrets::is_secret_header(name)) << name;
    for (const char *name : {"Content-Type", "X-Next-Token", "Location"})
        EXPECT_FALSE(Secrets::is_secret_header(name)) << name;
}

TEST(RestMessage, WhatIsIdempotentIsKnownByTheMethodUnlessTold) {
    for (const Method method : {Method::get, Method::head, Method::put, Method::remove})
        EXPECT_TRUE((Request{.method = method, .path = "/"}).is_idempotent());
    for (const Method method : {Method::post, Method::patch})
        EXPECT_FALSE((Request{.method = method, .path = "/"}).is_idempotent());
    EXPECT_TRUE((Request{.method = Method::post, .path = "/", .idempotent = true}).is_idempotent());
    EXPECT_FALSE((Request{.method = Method::put, .path = "/", .idempotent = false}).is_idempotent());
}

TEST(RestMessage, NamesAreEncodedForAPath) {
    EXPECT_EQ(percent_encoded("a-b_c.d~E9"), "a-b_c.d~E9");
    EXPECT_EQ(percent_encoded("a/b ?#%\xc3\xa4"), "a%2Fb%20%3F%23%25%C3%A4");
}

TEST(RestAnswerError, EachStatusHasItsCode) {
    const struct {
        int status;
        Code code;
        bool retryable, unknown;
    } rows[] = {{400, Code::invalid, false, false},    {401, Code::auth, false, false},
                {403, Code::auth, false, false},       {404, Code::internal, false, false},
                {408, Code::unreachable, true, true},  {409, Code::conflict, false, false},
                {429, Code::unreachable, true, false}, {450, Code::internal, false, false},
                {500, Code::internal, true, true},     {503, Code::unreachable, true, true},
                {507, Code::no_space, false, true},    {301, Code::invalid, false, false}};
    for (const auto &row : rows) {
        const AnswerError error({.method = Method::post, .path = "/v"}, {.status = row.status}, "why");
        EXPECT_EQ(error.code, row.code) << row.status;
        EXPECT_EQ(error.is_retryable(), row.retryable) << row.status;
        EXPECT_EQ(error.is_state_unknown(), row.unknown) << row.status;
        EXPECT_FALSE(AnswerError({.path = "/v"}, {.status = row.status}, "").is_state_unknown()) << "a GET";
        EXPECT_EQ(error.vendor_code, "HTTP " + std::to_string(row.status));
    }
}

TEST(RestAnswerError, TakesTheArraysAdviceWhenToComeBack) {
    const auto advice = [](const char *text) {
        return AnswerError({.path = "/"}, {.status = 503, .headers = {{"Retry-After", text}}}, "")
            .retry_after;
    };
    EXPECT_EQ(advice("12"), std::chrono::seconds(12));
    EXPECT_EQ(advice("4000000000"), std::chrono::hours(1));
    for (const char *text : {"", "-1", "99999999999", "Fri, 31 Dec 1999 23:59:59 GMT"})
        EXPECT_EQ(advice(text), std::chrono::seconds(0)) << text;
}

TEST(RestAnswerError, FindsTheArraysWords) {
    const auto words = [](const char *body) { return words_of({.status = 400, .body = body}); };
    EXPECT_EQ(words(R"([{"ctx": "v", "msg": "Volume does not exist."}])"), "Volume does not exist.");
    EXPECT_EQ(words(R"({"error": {"code": 1, "message": "no"}})"), "no");
    EXPECT_EQ(words(R"({"code": 1008, "description": "bad", "details": "more"})"), "more");
    EXPECT_EQ(words(R"({"errors": [{"message": "first"}, {"message": "second"}]})"), "first");
    EXPECT_EQ(words("<h1>Bad\nGateway</h1>"), "<h1>Bad Gateway</h1>");
    EXPECT_EQ(words(""), "");
    EXPECT_EQ(words("[]"), "[]");
    EXPECT_EQ(words_of({.status = 400, .body = std::string(100'000, '[')}).size(), 500U);
}

TEST(RestJson, FieldsAreReadOrNamed) {
    const auto value = boost::json::parse(
        R"({"name": "v", "size": 5, "big": 18446744073709551615, "ratio": 1.5, "on": true, "rows": [{"lun": -1}], "gone": null})");
    const Json json(value, "GET /v");
    EXPECT_EQ(json.at("name").text(), "v");
    EXPECT_EQ(json.at("size").u64(), 5U);
    EXPECT_EQ(json.at("big").u64(), UINT64_MAX);
    EXPECT_DOUBLE_EQ(json.at("ratio").number(), 1.5);
    EXPECT_DOUBLE_EQ(json.at("size").number(), 5);
    EXPECT_TRUE(json.at("on").boolean());
    EXPECT_FALSE(json.find("gone"));
    EXPECT_FALSE(json.find("none"));
    const auto message = [](auto read) {
        try {
            static_cast<void>(read());
        } catch (const Error &error) {
            EXPECT_EQ(error.code, Code::internal);
            return error.message;
        }
        return std::string("no error");
    };
    EXPECT_EQ(message([&] { return json.at("none"); }),
              "the answer to GET /v is not as it should be: the field \"none\" is missing");
    EXPECT_EQ(
        message([&] { return json.at("name").u64(); }),
        "the answer to GET /v, field \"name\" is not as it should be: it is text, expected a whole number "
        "that is not negative");
    EXPECT_EQ(
        message([&] { return json.at("rows").items()[0].at("lun").u64(); }),
        "the answer to GET /v, field \"rows\", item 0, field \"lun\" is not as it should be: it is a number, "
        "expected a whole number that is not negative");
    EXPECT_THAT(message([&] { return json.at("name").items(); }), HasSubstr("expected a list"));
    EXPECT_THAT(message([&] { return json.at("rows").find("x"); }),
                HasSubstr("it is a list, expected an object"));
    EXPECT_THAT(message([&] { return json.at("ratio").u64(); }), HasSubstr("it is a number"));
    EXPECT_THAT(message([&] { return json.at("size").text(); }), HasSubstr("expected text"));
    EXPECT_THAT(message([&] { return json.at("size").boolean(); }), HasSubstr("expected true or false"));
    EXPECT_THAT(message([&] { return json.at("name").number(); }), HasSubstr("expected a number"));
}

} // namespace
} // namespace drv::rest
