// The REST layer against a small array that speaks just enough.
#include "drivers/flasharray/array.hpp"
#include "drivers/flasharray/refusal.hpp"
#include "sdk/rest/tests/fixture.hpp"

#include <boost/json/parse.hpp>

#include <mutex>

namespace flasharray {
namespace {

using drv::rest::Method;
using drv::rest::testing::Peer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FlashArray : public drv::rest::testing::RestTest {
protected:
    FlashArray() : server_(drv::rest::testing::array_identity(), [this](Peer &peer) { serve(peer); }) {
        config.address = {"127.0.0.1", server_.port()};
        config.api_token = "token-of-the-test";
        config.verify_https = true;
        config.ca_file = ca_file().string();
    }
    void serve(Peer &peer) {
        while (const auto request = peer.read_request()) {
            const std::lock_guard lock(mutex);
            const std::string line = request->substr(0, request->find(" HTTP/"));
            const std::string body = request->substr(request->find("\r\n\r\n") + 4);
            seen.push_back(line);
            if (!body.empty())
                seen.back().append(" ").append(body);
            if (!answer(peer, line, *request))
                return;
        }
    }
    bool answer(Peer &peer, const std::string &line, const std::string &request) {
        if (line == "GET /api/api_version")
            return peer.answer(200, versions);
        const std::string version = line.substr(line.find("/api/") + 5);
        if (versions.find("\"" + version.substr(0, version.find('/')) + "\"") == std::string::npos)
            return peer.answer(450, R"({"msg": "version not supported"})");
        const std::string renewed =
            "Set-Cookie: session=c" + std::to_string(++cookie) + "; Path=/; HttpOnly\r\n";
        if (line.ends_with("auth/session") && line.starts_with("POST")) {
            if (refuse_token)
                return peer.answer(400, R"({"msg": "invalid credentials for token-of-the-test"})");
            return peer.answer(200, R"({"username": "pureuser"})", renewed);
        }
        if (forget ||
            request.find("Cookie: session=c" + std::to_string(cookie - 1) + "\r\n") == std::string::npos) {
            forget = false;
            return peer.answer(401, R"({"msg": "no session"})");
        }
        if (refusal.empty())
            return peer.answer(200, R"({"name": "v1"})", renewed);
        return peer.answer(400, refusal, renewed);
    }

    std::mutex mutex;
    std::vector<std::string> seen;
    std::string versions = R"({"version": ["1.0", "1.9", "1.10", "1.30", "2.0", "new"]})";
    std::string refusal;
    int cookie = 0;
    bool refuse_token = false, forget = false;
    Config config;

private:
    drv::rest::testing::TlsServer server_;
};

TEST_F(FlashArray, FindsTheNewestVersionLogsInAndKeepsTheCookieOfEachAnswer) {
    Array array(the_host(), config);
    EXPECT_EQ(array.call(patience(), Method::get, "volume/v1").at("name"), "v1");
    array.call(patience(), Method::get, "volume", {{"pending", true}, {"names", {"a", "b c"}}});
    array.call(patience(), Method::remove, "volume/v1", {{"eradicate", true}});
    array.log_out(patience());
    EXPECT_THAT(
        seen, ElementsAre(
                  "GET /api/api_version", "POST /api/1.10/auth/session {\"api_token\":\"token-of-the-test\"}",
                  "GET /api/1.10/volume/v1", "GET /api/1.10/volume?pending=true&names=a%2Cb%20c",
                  "DELETE /api/1.10/volume/v1 {\"eradicate\":true}", "DELETE /api/1.10/auth/session"));
    EXPECT_THAT(logged(), Not(HasSubstr("token-of-the-test")));
}

TEST_F(FlashArray, AForgottenSessionCostsOneLogin) {
    Array array(the_host(), config);
    array.call(patience(), Method::get, "volume/v1");
    forget = true;
    array.call(patience(), Method::post, "volume/v1", {{"size", 1048576}});
    EXPECT_EQ(std::ranges::count_if(
                  seen, [](const std::string &line) { return line.starts_with("POST /api/1.10/auth"); }),
              2);
    EXPECT_EQ(std::ranges::count(seen, "POST /api/1.10/volume/v1 {\"size\":1048576}"), 2);
}

TEST_F(FlashArray, ATokenThatIsRefusedIsToldWithTheArraysWordsAndWithoutTheToken) {
    refuse_token = true;
    Array array(the_host(), config);
    const drv::Error error = error_of([&] { array.call(patience(), Method::get, "volume"); });
    EXPECT_EQ(error.code, drv::Code::auth);
    EXPECT_EQ(error.message, "the array refused the API token (pure_api_token): invalid credentials for ***");
}

TEST_F(FlashArray, AVersionThatAnUpgradeDroppedIsFoundAgain) {
    Array array(the_host(), config);
    array.call(patience(), Method::get, "volume/v1");
    {
        const std::lock_guard lock(mutex);
        versions = R"({"version": ["1.9", "1.12"]})";
    }
    EXPECT_EQ(array.call(patience(), Method::get, "volume/v1").at("name"), "v1");
    EXPECT_EQ(array.version(patience()), (RestVersion{1, 12}));
}

TEST_F(FlashArray, AnArrayThatRefusesTheVersionItOffersIsNotAskedForEver) {
    versions = R"({"version": ["1.4"], "hidden": []})";
    Array array(the_host(), config);
    EXPECT_EQ(array.version(patience()), (RestVersion{1, 4}));
    {
        const std::lock_guard lock(mutex);
        versions = R"({"version": ["1.0", "1.04"]})"; // read as 1.4, offered under another name
    }
    const drv::Error error = error_of([&] { array.call(patience(), Method::get, "volume"); });
    EXPECT_EQ(error.code, drv::Code::unsupported);
    EXPECT_THAT(error.message, HasSubstr("offers version 1.4 of its REST API and refuses to answer in it"));
}

TEST_F(FlashArray, ARefusalHasTheArraysWordsAndTheRightCode) {
    Array array(the_host(), config);
    refusal =
        R"([{"pure_err_key": "err.friendly", "code": 0, "ctx": "x-already-exists", "msg": "Volume does not exist."}])";
    try {
        array.call(patience(), Method::get, "volume/x-already-exists");
        FAIL();
    } catch (const RefusedError &error) {
        EXPECT_EQ(error.refusal, Refusal::missing);
        EXPECT_EQ(error.code, drv::Code::not_found);
        EXPECT_EQ(
            error.message,
            "GET /api/1.10/volume/x-already-exists was answered with status 400: Volume does not exist.");
    }
}

TEST_F(FlashArray, OtherProductsAndUnknownVersionsAreToldApart) {
    versions = R"({"versions": ["1.0"]})";
    Array blade(the_host(), config);
    EXPECT_EQ(error_of([&] { blade.call(patience(), Method::get, "volume"); }).message,
              "what answers at pure_ip is a FlashBlade; this driver is for FlashArray");
    versions = R"({"version": ["2.0", "1.1"]})";
    EXPECT_EQ(error_of([&] { blade.call(patience(), Method::get, "volume"); }).message,
              "the array offers no version of its REST API that this driver speaks (1.2 to 1.19): it offers "
              "2.0, 1.1");
    for (const char *answer : {"[]", "{}", R"({"version": 5})", R"({"version": [5]})"}) {
        versions = answer;
        EXPECT_EQ(error_of([&] { blade.call(patience(), Method::get, "volume"); }).code, drv::Code::internal)
            << answer;
    }
}

TEST(FlashArrayRefusal, IsKnownByTheWordsOfA400) {
    const struct {
        const char *words;
        Refusal refusal;
    } rows[] = {
        {"Volume does not exist.", Refusal::missing},
        {"Host does not exist.", Refusal::host_missing},
        {"No such volume or snapshot.", Refusal::missing},
        {"Volume has been destroyed. It can be recovered by purevol recover", Refusal::destroyed},
        {"Connection already exists.", Refusal::exists},
        {"The specified IQN is already in use.", Refusal::initiator_taken},
        {"Volume is not connected to this host.", Refusal::not_connected},
        {"Host cannot be deleted due to existing connections.", Refusal::host_connected},
        {"Volume already belongs to the group", Refusal::member_already},
        {"Volume could not be found", Refusal::member_missing},
        {"Target already includes", Refusal::member_already},
        {"Volume limit reached", Refusal::limit},
        {"The maximum number of volumes is 500", Refusal::limit},
        {"ERADICATION IS DISABLED", Refusal::eradication_off},
        {"Something new", Refusal::other},
        {"", Refusal::other},
    };
    for (const auto &row : rows) {
        EXPECT_EQ(refusal_of(400, row.words), row.refusal) << row.words;
        EXPECT_EQ(refusal_of(500, row.words), Refusal::other) << row.words;
    }
    EXPECT_EQ(refusal_of(450, ""), Refusal::version_gone);
}

TEST(FlashArrayRefusal, ANameCannotBecomeAnotherPath) {
    EXPECT_EQ(resource("volume", "pod::v-1.snap"), "volume/pod::v-1.snap");
    EXPECT_EQ(resource("volume", "vg/v"), "volume/vg/v");
    for (const char *name : {"", "a b", "../x", "/x", "x/", "a//b", "a?b", "a%2f", "\xc3\xa4"}) {
        EXPECT_THROW(static_cast<void>(resource("volume", name)), drv::Error) << name;
    }
}

} // namespace
} // namespace flasharray
