#include "drover/sdk/rest/exchange_file.hpp"
#include "sdk/rest/tests/fixture.hpp"

#include <fstream>
#include <iterator>

namespace drv::rest::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExchangeFileTest : public RestTest {
protected:
    [[nodiscard]] std::filesystem::path file() const { return folder.path / "exchanges"; }
    [[nodiscard]] std::string text() const {
        std::ifstream in(file());
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    void write(const std::string &lines) const { std::ofstream(file()) << lines; }
    static SessionRules rules() {
        return {.login = [](const Send &send) {
            const Response response = send(post("/login", R"({"password": "hush"})"));
            return Session{{{"X-Auth-Token", response.body}}};
        }};
    }
    std::unique_ptr<Replay> replay() const {
        return std::make_unique<Replay>(file(), std::make_shared<Secrets>());
    }
};

TEST_F(ExchangeFileTest, WhatWasRecordedIsReplayedWithoutTheArray) {
    const auto talk = [](Client &client) {
        EXPECT_EQ(client.json(patience(), get("/api/v")).at("size"), 5);
        const Response response = client.send(patience(), post("/api/text", "no JSON"));
        EXPECT_EQ(response.body, "neither");
        EXPECT_EQ(response.status, 400);
        EXPECT_EQ(response.header("X-Next"), "7");
    };
    {
        TlsServer server(array_identity(), [](Peer &peer) {
            peer.read_request();
            peer.answer(200, R"({"token": "fresh-and-secret"})", "Set-Cookie: fresh-too\r\n");
            peer.read_request();
            peer.answer(200, R"({"size": 5, "note": "hush"})");
            peer.read_request();
            peer.answer(400, "neither", "X-Next: 7\r\n");
        });
        auto options = options_for(server);
        options.record_to = file();
        Client client(the_host(), options, rules());
        client.secrets().add("hush");
        talk(client);
    }
    EXPECT_THAT(text(), Not(HasSubstr("hush")));
    EXPECT_THAT(text(), Not(HasSubstr("fresh")));
    EXPECT_EQ(std::filesystem::status(file()).permissions(), std::filesystem::perms(0600));

    auto secrets = std::make_shared<Secrets>();
    secrets->add("hush");
    auto way = std::make_unique<Replay>(file(), secrets);
    const Replay &replay = *way;
    Client client(the_host(), options_for(1), rules(), std::move(way));
    talk(client);
    EXPECT_EQ(replay.left(), 0U);
}

TEST_F(ExchangeFileTest, AnotherRequestThanTheRecordedOneIsToldApart) {
    write("# by hand: headers are not looked at\n\n"
          R"({"request": {"method": "POST", "path": "/v", "body": {"b": 1, "a": 2}}, )"
          R"("response": {"status": 200, "headers": {}, "body": null}})"
          "\n");
    Client client(the_host(), options_for(1), {}, replay());
    const Error error = error_of(
        [&] { return client.send(patience(), {.method = Method::put, .path = "/v", .body = "{\"a\": 2}"}); });
    EXPECT_EQ(error.code, Code::internal);
    EXPECT_EQ(error.message,
              "replay of " + file().string() +
                  ": request 1 of 1 is another one than recorded; method: expected \"POST\", got "
                  "\"PUT\"; body: expected {\"b\":1,\"a\":2}, got {\"a\":2}");
    // It is still there for the right one, whatever the order of its members.
    EXPECT_EQ(client.send(patience(), post("/v", R"({"a": 2, "b": 1})")).status, 200);
    EXPECT_THAT(error_of([&] { return client.send(patience(), get("/more")); }).message,
                HasSubstr("all 1 exchanges are used up, and there is one more request: {\"method\":\"GET\""));
}

TEST_F(ExchangeFileTest, AFileThatIsNoneNamesTheLine) {
    EXPECT_THAT(error_of([&] { return replay(); }).message, HasSubstr("cannot be read"));
    for (const char *line : {"{", "[]", "{\"request\": {}}",
                             "{\"request\": {\"method\": \"GET\", \"path\": \"/\"}, \"response\": "
                             "{\"status\": \"x\", \"headers\": {}, \"body\": null}}"}) {
        write(std::string("# comment\n") + line + "\n");
        const Error error = error_of([&] { return replay(); });
        EXPECT_EQ(error.code, Code::invalid) << line;
        EXPECT_THAT(error.message, HasSubstr(file().string() + ":2: no ")) << line;
    }
}

TEST_F(ExchangeFileTest, ARecordThatCannotBeWrittenIsAnErrorAtOnce) {
    auto options = options_for(1);
    options.record_to = folder.path / "none" / "file";
    EXPECT_THAT(error_of([&] { const Client client(the_host(), options); }).message,
                HasSubstr("exchanges cannot be recorded in"));
}

} // namespace
} // namespace drv::rest::testing
