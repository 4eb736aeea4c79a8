#include "sdk/rest/tests/fixture.hpp"

#include <barrier>
#include <future>

namespace drv::rest::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NetworkTest : public RestTest {};

TEST_F(NetworkTest, ManyRequestsTravelOnOneConnection) {
    TlsServer server(array_identity(), always(200, R"({"ok": true})"));
    Client client(the_host(), options_for(server));
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(client.send(patience(), get("/api")).body, R"({"ok": true})");
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(NetworkTest, TheRequestIsWhatWasAskedFor) {
    std::promise<std::string> seen;
    TlsServer server(array_identity(), [&](Peer &peer) {
        seen.set_value(peer.read_request().value_or(""));
        peer.answer(200, "", "X-Next-Token: abc\r\n");
    });
    auto options = options_for(server);
    options.user_agent = "acme/1.0";
    options.headers = {{"X-Always", "1"}};
    Client client(the_host(), options);
    auto request = post("/api/v?x=1", R"({"a":1})");
    request.headers = {{"X-Once", "2"}};
    EXPECT_EQ(client.send(patience(), request).header("x-next-token"), "abc");
    const std::string text = seen.get_future().get();
    EXPECT_TRUE(text.starts_with("POST /api/v?x=1 HTTP/1.1\r\n")) << text;
    for (const std::string &line :
         {"Host: 127.0.0.1:" + std::to_string(server.port()), std::string("User-Agent: acme/1.0"),
          std::string("X-Always: 1"), std::string("X-Once: 2"), std::string("Content-Type: application/json"),
          std::string("Content-Length: 7")})
        EXPECT_THAT(text, HasSubstr(line + "\r\n"));
    EXPECT_TRUE(text.ends_with("\r\n\r\n{\"a\":1}")) << text;
}

TEST_F(NetworkTest, APathOrHeaderOfMoreThanOneLineIsNotSent) {
    TlsServer server(array_identity(), always(200, ""));
    Client client(the_host(), options_for(server));
    for (const char *path : {"", "api", "/a b", "/a\r\nX: y", "/\xc3\xa4"})
        EXPECT_EQ(error_of([&] { return client.send(patience(), get(path)); }).code, Code::invalid) << path;
    auto request = get("/");
    request.headers = {{"X", "a\r\nY: b"}};
    EXPECT_EQ(error_of([&] { return client.send(patience(), request); }).code, Code::invalid);
    EXPECT_EQ(server.connections(), 0);
}

TEST_F(NetworkTest, ADriverMayComeByIpv6) {
    TlsServer server(array_identity(), always(200, "six"), {.ipv6 = true});
    auto options = options_for(server);
    options.address = Address::parse("[::1]:" + std::to_string(server.port()));
    Client client(the_host(), options);
    EXPECT_EQ(client.send(patience(), get("/")).body, "six");
}

TEST_F(NetworkTest, ANameIsTriedAtEachOfItsAddresses) {
    TlsServer server(array_identity(), always(200, "found"));
    auto options = options_for(server);
    options.address.host = "localhost"; // may be ::1 first, where nobody listens
    Client client(the_host(), options);
    EXPECT_EQ(client.send(patience(), get("/")).body, "found");
}

TEST_F(NetworkTest, ThereAreNeverMoreConnectionsThanAllowed) {
    TlsServer server(array_identity(), always(200, "x"));
    auto options = options_for(server);
    options.max_connections = 2;
    Client client(the_host(), options);
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 10; ++j)
                EXPECT_EQ(client.send(patience(), get("/")).status, 200);
        });
    }
    threads.clear();
    EXPECT_LE(server.connections(), 2);
}

TEST_F(NetworkTest, ThreadsTalkToTheArrayAtOnce) {
    std::barrier all_there(3);
    TlsServer server(array_identity(), [&](Peer &peer) {
        peer.read_request();
        all_there.arrive_and_wait(); // answers nobody until all have asked
        peer.answer(200, "x");
    });
    Client client(the_host(), options_for(server));
    std::vector<std::jthread> threads;
    threads.reserve(3);
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] { EXPECT_EQ(client.send(patience(), get("/")).status, 200); });
}

TEST_F(NetworkTest, WhoWaitsForAConnectionKeepsTheirDeadline) {
    std::promise<void> asked, go_on;
    TlsServer server(array_identity(), [&](Peer &peer) {
        peer.read_request();
        asked.set_value();
        go_on.get_future().wait();
        peer.answer(200, "x");
    });
    auto options = options_for(server);
    options.max_connections = 1;
    Client client(the_host(), options);
    std::jthread first([&] { EXPECT_EQ(client.send(patience(), get("/")).status, 200); });
    asked.get_future().wait();
    const Error error =
        error_of([&] { return client.send(Limit::within(std::chrono::milliseconds(20)), post("/", "{}")); });
    EXPECT_EQ(error.code, Code::deadline);
    EXPECT_FALSE(error.is_state_unknown()) << "it was never sent";
    go_on.set_value();
}

TEST_F(NetworkTest, AnIdleConnectionThatTheArrayClosedIsReplaced) {
    TlsServer server(array_identity(), [&](Peer &peer) {
        peer.read_request();
        peer.answer(200, std::to_string(peer.number()));
    });
    Client client(the_host(), options_for(server));
    // The second is a POST, which would not be sent again: the end of the connection is seen before.
    EXPECT_EQ(client.send(patience(), get("/")).body, "1");
    const Response second = client.send(patience(), [] {
        auto request = post("/", "{}");
        request.idempotent = true; // unless the answer outran the close
        return request;
    }());
    EXPECT_EQ(second.body, "2");
}

TEST_F(NetworkTest, AConnectionIdleForTooLongIsNotUsedAgain) {
    TlsServer server(array_identity(), always(200, "x"));
    auto options = options_for(server);
    options.idle_limit = std::chrono::nanoseconds(0);
    Client client(the_host(), options);
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
    EXPECT_EQ(server.connections(), 2);
}

TEST_F(NetworkTest, AnArrayThatWantsToCloseIsTakenAtItsWord) {
    TlsServer server(array_identity(), [](Peer &peer) {
        peer.read_request();
        peer.answer(200, "bye", "Connection: close\r\n");
        peer.wait_for_close();
    });
    Client client(the_host(), options_for(server));
    EXPECT_EQ(client.send(patience(), get("/")).body, "bye");
    EXPECT_EQ(client.send(patience(), get("/")).body, "bye");
    EXPECT_EQ(server.connections(), 2);
}

TEST_F(NetworkTest, BytesAfterAnAnswerAreNobodysAnswer) {
    TlsServer server(array_identity(), [](Peer &peer) {
        peer.read_request();
        peer.write(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        peer.wait_for_close();
    });
    Client client(the_host(), options_for(server));
    EXPECT_EQ(client.send(patience(), get("/")).body, "ok");
    EXPECT_EQ(client.send(patience(), get("/")).body, "ok");
}

TEST_F(NetworkTest, InterimAnswersArePassedOver) {
    TlsServer server(array_identity(), [](Peer &peer) {
        peer.read_request();
        peer.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\n");
        peer.answer(200, "real");
    });
    Client client(the_host(), options_for(server));
    EXPECT_EQ(client.send(patience(), get("/")).body, "real");
}

TEST_F(NetworkTest, AnswersInChunksAndWithoutBodyAreRead) {
    TlsServer server(array_identity(), [](Peer &peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        peer.read_request();
        peer.write("HTTP/1.1 204 No Content\r\n\r\n");
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        peer.wait_for_close();
    });
    Client client(the_host(), options_for(server));
    EXPECT_EQ(client.send(patience(), get("/")).body, "abcde");
    EXPECT_TRUE(client.json(patience(), get("/")).is_null());
    EXPECT_EQ(client.send(patience(), {.method = Method::head, .path = "/"}).body, "");
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(NetworkTest, NoSecretIsEverLogged) {
    TlsServer server(array_identity(), [](Peer &peer) {
        while (const auto request = peer.read_request()) {
            if (!peer.answer(500, R"({"msg": "the token swordfish\" is wrong", "echo": "swordfish%22"})"))
                return;
        }
    });
    Client client(the_host(), options_for(server));
    client.secrets().add("swordfish\"");
    auto request = post("/login?token=" + percent_encoded("swordfish\""), R"({"t": "swordfish\""})");
    request.headers = {{"Authorization", "Basic x"}, {"X-Note", "swordfish\""}};
    const Error error = error_of([&] { client.succeed(patience(), request); });
    EXPECT_THAT(error.message,
                HasSubstr("POST /login?token=*** was answered with status 500: the token *** is wrong"));
    EXPECT_THAT(logged(), HasSubstr("POST /login?token=***"));
    EXPECT_THAT(logged(), HasSubstr("Authorization: ***"));
    EXPECT_THAT(logged() + error.message, Not(HasSubstr("swordfish")));
}

} // namespace
} // namespace drv::rest::testing
