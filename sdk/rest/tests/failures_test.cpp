// Arrays that do not answer as they should.
#include "sdk/rest/tests/fixture.hpp"

#include <future>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace drv::rest::testing {
namespace {

std::string letters(std::size_t count) {
    return std::string(count, 'x');
}

using ::testing::HasSubstr;

class FailuresTest : public RestTest {
protected:
    // Says these bytes to whoever asks, and hangs up.
    static TlsServer::Handler says(std::string bytes) {
        return [bytes = std::move(bytes)](Peer &peer) {
            peer.read_request();
            peer.write(bytes);
        };
    }
    Error error_of_answer(const std::string &bytes, const Request &request) {
        TlsServer server(array_identity(), says(bytes));
        Client client(the_host(), options_for(server));
        return error_of([&] { return client.json(patience(), request); });
    }
};

TEST_F(FailuresTest, NobodyListens) {
    std::uint16_t port = 0;
    {
        const TlsServer server(array_identity(), always(200, ""));
        port = server.port();
    }
    Client client(the_host(), options_for(port));
    const Error error = error_of([&] { return client.send(patience(), post("/api", "{}")); });
    EXPECT_EQ(error.code, Code::unreachable);
    EXPECT_TRUE(error.is_retryable());
    EXPECT_FALSE(error.is_state_unknown());
    EXPECT_EQ(error.message, "POST https://127.0.0.1:" + std::to_string(port) +
                                 "/api failed: no connection: Connection refused");
}

TEST_F(FailuresTest, ANameThatIsNone) {
    auto options = options_for(1);
    options.address.host = "array.invalid";
    options.lookup = [](const std::string &, std::uint16_t) -> std::vector<Endpoint> {
        throw std::runtime_error("Name or service not known");
    };
    Client client(the_host(), options);
    const Error error = error_of([&] { return client.send(patience(), get("/")); });
    EXPECT_EQ(error.code, Code::unreachable);
    EXPECT_THAT(error.message,
                HasSubstr("the name \"array.invalid\" cannot be resolved: Name or service not known"));
}

TEST_F(FailuresTest, ALookUpThatHangsHoldsNobody) {
    std::promise<void> end;
    const std::shared_future<void> ended = end.get_future().share();
    std::atomic<int> lookups = 0;
    auto options = options_for(1);
    options.address.host = "array.invalid";
    options.lookup = [ended, &lookups](const std::string &, std::uint16_t) -> std::vector<Endpoint> {
        ++lookups;
        ended.wait();
        return {};
    };
    Client client(the_host(), options);
    EXPECT_EQ(
        error_of([&] { return client.send(Limit::within(std::chrono::milliseconds(10)), get("/")); }).code,
        Code::deadline);
    CancelCall call;
    std::jthread canceller([&] { call.cancel(); });
    EXPECT_EQ(error_of([&] { return client.send(call.get(), get("/")); }).code, Code::cancelled);
    end.set_value();
    EXPECT_EQ(error_of([&] { return client.send(patience(), get("/")); }).code, Code::unreachable);
    EXPECT_LE(lookups, 2) << "those who wait for the same name share a look-up";
}

TEST_F(FailuresTest, ACancelledCallEndsAtOnceWhileTheArrayIsSilent) {
    std::promise<void> asked;
    TlsServer server(array_identity(), [&](Peer &peer) {
        peer.read_request();
        asked.set_value();
        peer.wait_for_close();
    });
    Client client(the_host(), options_for(server));
    CancelCall call;
    std::jthread canceller([&] {
        asked.get_future().wait();
        call.cancel();
    });
    const Error error = error_of([&] { return client.send(call.get(), post("/", "{}")); });
    EXPECT_EQ(error.code, Code::cancelled);
    EXPECT_TRUE(error.is_state_unknown());
}

TEST_F(FailuresTest, AHandshakeThatNeverEndsKeepsTheDeadline) {
    // The kernel accepts for it; nobody shakes hands.
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr *>(&address), size), 0);
    ASSERT_EQ(::listen(listener.get(), 8), 0);
    ::getsockname(listener.get(), reinterpret_cast<sockaddr *>(&address), &size);
    auto options = options_for(ntohs(address.sin_port));
    {
        Client client(the_host(), options);
        const Error error = error_of(
            [&] { return client.send(Limit::within(std::chrono::milliseconds(20)), post("/", "{}")); });
        EXPECT_EQ(error.code, Code::deadline);
        EXPECT_FALSE(error.is_state_unknown());
    }
    options.connect_limit = std::chrono::milliseconds(20);
    Client client(the_host(), options);
    const Error error = error_of([&] { return client.send(patience(), get("/")); });
    EXPECT_EQ(error.code, Code::unreachable);
    EXPECT_THAT(error.message, HasSubstr("it did not accept a connection in time"));
}

TEST_F(FailuresTest, AnAnswerThatComesByteByByteAndNeverEndsIsLeft) {
    Event begun;
    TlsServer server(array_identity(), [&](Peer &peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        begun.set();
        while (peer.write("1\r\na\r\n")) {
        }
    });
    auto options = options_for(server);
    options.max_body_bytes = std::numeric_limits<std::uint32_t>::max();
    Client client(the_host(), options);
    CancelCall call;
    std::jthread canceller([&] {
        EXPECT_EQ(patience().wait(begun.fd(), POLLIN), Limit::State::open);
        call.cancel();
    });
    EXPECT_EQ(error_of([&] { return client.send(call.get(), post("/", "{}")); }).code, Code::cancelled);
    EXPECT_EQ(error_of([&] {
                  return client.send(Limit::within(std::chrono::milliseconds(50)), post("/", "{}"));
              }).code,
              Code::deadline);
}

TEST_F(FailuresTest, ACallThatComesTooLateSendsNothing) {
    TlsServer server(array_identity(), always(200, ""));
    Client client(the_host(), options_for(server));
    EXPECT_EQ(error_of([&] { return client.send(Limit(Limit::Clock::now()), post("/", "{}")); }).code,
              Code::deadline);
    EXPECT_EQ(server.connections(), 0);
}

TEST_F(FailuresTest, AnExchangeHasALimitOfItsOwn) {
    TlsServer server(array_identity(), [](Peer &peer) { peer.wait_for_close(); });
    auto options = options_for(server);
    options.exchange_limit = std::chrono::milliseconds(50);
    Client client(the_host(), options);
    const Error error = error_of([&] { return client.send(patience(), get("/")); });
    EXPECT_EQ(error.code, Code::unreachable);
    EXPECT_THAT(error.message, HasSubstr("did not answer in time"));
}

TEST_F(FailuresTest, WhatIsIdempotentIsSentOnceMoreWhenTheConnectionBreaks) {
    for (const bool orderly : {false, true}) {
        TlsServer server(array_identity(), [&](Peer &peer) {
            peer.read_request();
            if (peer.number() == 1 && !orderly)
                peer.reset();
            if (peer.number() != 1)
                peer.answer(200, "second");
        });
        Client client(the_host(), options_for(server));
        EXPECT_EQ(client.send(patience(), {.method = Method::remove, .path = "/v"}).body, "second");
        EXPECT_EQ(server.connections(), 2);
    }
}

TEST_F(FailuresTest, ItIsNotSentAThirdTime) {
    TlsServer server(array_identity(), [&](Peer &peer) { peer.read_request(); });
    Client client(the_host(), options_for(server));
    const Error error =
        error_of([&] { return client.send(patience(), {.method = Method::remove, .path = "/v"}); });
    EXPECT_EQ(error.code, Code::unreachable);
    EXPECT_TRUE(error.is_state_unknown());
    EXPECT_EQ(server.connections(), 2);
}

TEST_F(FailuresTest, WhatMayHaveArrivedIsNotSentAgain) {
    std::atomic<int> requests = 0;
    TlsServer server(array_identity(), [&](Peer &peer) {
        while (peer.read_request()) {
            if (++requests == 2)
                return; // drops it after it has come, on a connection that was used before
            peer.answer(200, "x");
        }
    });
    Client client(the_host(), options_for(server));
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
    const Error error = error_of([&] { return client.send(patience(), post("/v", "{}")); });
    EXPECT_EQ(error.code, Code::unreachable);
    EXPECT_TRUE(error.is_state_unknown());
    EXPECT_TRUE(error.is_retryable());
    EXPECT_THAT(error.message, HasSubstr("the array may have done what it was asked all the same"));
    EXPECT_EQ(requests, 2);
}

TEST_F(FailuresTest, WhatWasNotSentInFullOnAUsedConnectionIsSentAgain) {
    TlsServer server(array_identity(), [&](Peer &peer) {
        peer.read_request();
        peer.answer(200, "x");
        if (peer.number() == 1) {
            peer.read_begin();
            peer.reset(); // with most of the request unread
            return;
        }
        peer.read_request();
    });
    auto options = options_for(server);
    Client client(the_host(), options);
    EXPECT_EQ(client.send(patience(), get("/")).status, 200);
    EXPECT_EQ(client.send(patience(), post("/v", letters(64'000'000))).status, 200);
    EXPECT_EQ(server.connections(), 2);
}

TEST_F(FailuresTest, HalfAnAnswerIsNone) {
    for (const char *bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":", "HTTP/1.1 200",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        const Error error = error_of_answer(bytes, post("/", "{}"));
        EXPECT_EQ(error.code, Code::unreachable) << bytes;
        EXPECT_TRUE(error.is_state_unknown()) << bytes;
        EXPECT_THAT(error.message, HasSubstr("in the middle of the answer"));
    }
}

TEST_F(FailuresTest, AnAnswerWithoutALengthThatIsCutOffIsNone) {
    TlsServer server(array_identity(), [](Peer &peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n\r\n{\"half\":");
        peer.hang_up();
    });
    Client client(the_host(), options_for(server));
    EXPECT_EQ(error_of([&] { return client.send(patience(), get("/")); }).code, Code::unreachable);
}

TEST_F(FailuresTest, WrongLengthsAndNoHttpAtAll) {
    for (const char *bytes :
         {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
          "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        const Error error = error_of_answer(bytes, post("/", "{}"));
        EXPECT_EQ(error.code, Code::internal) << bytes << error.message;
        EXPECT_TRUE(error.is_state_unknown()) << bytes;
    }
}

TEST_F(FailuresTest, TenMegabytesAreRefused) {
    const std::string body = letters(10'000'000);
    for (const std::string &bytes :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + body,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n989680\r\n" + body + "\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\n\r\n" + body}) {
        const Error error = error_of_answer(bytes, get("/list"));
        EXPECT_EQ(error.code, Code::internal);
        EXPECT_THAT(error.message,
                    HasSubstr("/list failed: the answer's body is larger than the 8 MiB that are read"));
    }
}

TEST_F(FailuresTest, AHeaderWithoutEndIsRefused) {
    const Error error =
        error_of_answer("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n", get("/"));
    EXPECT_EQ(error.code, Code::internal);
    EXPECT_THAT(error.message, HasSubstr("the answer's header is larger than the 65536 bytes that are read"));
}

TEST_F(FailuresTest, RedirectsAreToldAndNotFollowed) {
    TlsServer server(array_identity(), [](Peer &peer) {
        while (peer.read_request() &&
               peer.answer(302, "", "Location: https://elsewhere.example.com/api\r\n")) {
        }
    });
    Client client(the_host(), options_for(server));
    const Error error = error_of([&] { return client.json(patience(), get("/api")); });
    EXPECT_EQ(error.code, Code::invalid);
    EXPECT_EQ(
        error.message,
        "GET /api was answered with status 302, a redirect to https://elsewhere.example.com/api, which is "
        "not followed: configure the address that the array itself answers on");
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(FailuresTest, GarbageInsteadOfJson) {
    for (const std::string &body : {std::string("<html>login</html>"), std::string("{\"a\": 1"),
                                    std::string(40, '[') + std::string(40, ']'), std::string("\xff\xfe")}) {
        const Error error = error_of_answer(
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
            get("/x"));
        EXPECT_EQ(error.code, Code::internal);
        EXPECT_THAT(
            error.message,
            HasSubstr("GET /x was answered with status 200 and a body that is no JSON that can be read"));
    }
}

TEST_F(FailuresTest, ARefusalHasTheArraysWords) {
    TlsServer server(array_identity(), always(400, R"([{"ctx": "v1", "msg": "Volume does not exist."}])"));
    Client client(the_host(), options_for(server));
    try {
        client.succeed(patience(), get("/api/1.5/volume/v1"));
        FAIL() << "no error";
    } catch (const AnswerError &error) {
        EXPECT_EQ(error.code, Code::invalid);
        EXPECT_EQ(error.status, 400);
        EXPECT_EQ(error.path, "/api/1.5/volume/v1");
        EXPECT_EQ(error.words, "Volume does not exist.");
        EXPECT_EQ(error.message,
                  "GET /api/1.5/volume/v1 was answered with status 400: Volume does not exist.");
    }
}

} // namespace
} // namespace drv::rest::testing
