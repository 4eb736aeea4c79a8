#include "sdk/rest/tests/fixture.hpp"

#include <future>

namespace drv::rest::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// An array with cookies: POST /login gives one, and everything else needs the newest.
class SessionTest : public RestTest {
protected:
    TlsServer::Handler array() {
        return [this](Peer &peer) {
            while (const auto request = peer.read_request()) {
                if (!answer(peer, *request))
                    return;
            }
        };
    }
    bool answer(Peer &peer, const std::string &request) {
        if (request.starts_with("POST /login")) {
            if (refuse_login)
                return peer.answer(403, R"({"msg": "bad token"})");
            cookie = "session=number-" + std::to_string(++logins) + "-is-secret";
            return peer.answer(200, "{}", "Set-Cookie: " + cookie + "\r\n");
        }
        if (request.starts_with("DELETE /login")) {
            ++logouts;
            return peer.answer(200, "{}");
        }
        ++requests;
        if (request.find("Cookie: " + cookie + "\r\n") == std::string::npos || forget_all)
            return peer.answer(401, R"({"msg": "no session"})");
        return peer.answer(200, R"({"method": ")" + request.substr(0, request.find(' ')) + "\"}");
    }
    static SessionRules rules() {
        return {.login =
                    [](const Send &send) {
                        const Response response = send(post("/login", R"({"api_token": "hush"})"));
                        if (!response.is_success())
                            throw Error(Code::auth, "the array refused the token: " + words_of(response));
                        return Session{{{"Cookie", std::string(response.header("Set-Cookie"))}}};
                    },
                .logout =
                    [](const Send &send, const Session &session) {
                        static_cast<void>(
                            send({.method = Method::remove, .path = "/login", .headers = session.headers}));
                    }};
    }

    std::string cookie = "none"; // the server has one connection at a time where it is changed
    std::atomic<int> logins = 0, logouts = 0, requests = 0;
    std::atomic<bool> refuse_login = false, forget_all = false;
};

TEST_F(SessionTest, TheFirstRequestLogsInAndTheOthersShareIt) {
    TlsServer server(array_identity(), array());
    Client client(the_host(), options_for(server), rules());
    EXPECT_EQ(logins, 0);
    EXPECT_EQ(client.send(patience(), get("/a")).status, 200);
    EXPECT_EQ(client.send(patience(), get("/b")).status, 200);
    EXPECT_EQ(logins, 1);
}

TEST_F(SessionTest, AnExpiredSessionIsRenewedAndTheRequestRepeatedOnce) {
    TlsServer server(array_identity(), array());
    Client client(the_host(), options_for(server), rules());
    EXPECT_EQ(client.send(patience(), get("/a")).status, 200);
    cookie = "forgotten";
    EXPECT_EQ(client.send(patience(), post("/b", "{}")).body, R"({"method": "POST"})");
    EXPECT_EQ(logins, 2);
    EXPECT_EQ(requests, 3);
}

TEST_F(SessionTest, ASecondRefusalIsFinal) {
    TlsServer server(array_identity(), array());
    forget_all = true;
    Client client(the_host(), options_for(server), rules());
    const Error error = error_of([&] { client.succeed(patience(), get("/a")); });
    EXPECT_EQ(error.code, Code::auth);
    EXPECT_EQ(error.message, "GET /a was answered with status 401: no session");
    EXPECT_EQ(requests, 2);
    EXPECT_EQ(logins, 2);
}

TEST_F(SessionTest, ARefusedLoginIsTheErrorOfTheRequest) {
    TlsServer server(array_identity(), array());
    refuse_login = true;
    Client client(the_host(), options_for(server), rules());
    const Error error = error_of([&] { return client.send(patience(), get("/a")); });
    EXPECT_EQ(error.code, Code::auth);
    EXPECT_EQ(error.message, "the array refused the token: bad token");
    EXPECT_EQ(requests, 0);
    refuse_login = false;
    EXPECT_EQ(client.send(patience(), get("/a")).status, 200) << "the next request tries again";
}

TEST_F(SessionTest, ManyThreadsLogInOnce) {
    std::promise<void> go_on;
    const auto may_go_on = go_on.get_future().share();
    std::atomic<int> made = 0;
    TlsServer server(array_identity(), always(200, "{}"));
    SessionRules slow;
    slow.login = [&](const Send &) {
        ++made;
        may_go_on.wait();
        return Session{{{"X-Auth", "x"}}};
    };
    Client client(the_host(), options_for(server), slow);
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] { EXPECT_EQ(client.send(patience(), get("/")).status, 200); });
    go_on.set_value();
    threads.clear();
    EXPECT_EQ(made, 1);
}

TEST_F(SessionTest, WhoWaitsForALoginKeepsTheirDeadline) {
    std::promise<void> begun, go_on;
    TlsServer server(array_identity(), always(200, "{}"));
    SessionRules slow;
    slow.login = [&](const Send &) {
        begun.set_value();
        go_on.get_future().wait();
        return Session{{{"X-Auth", "x"}}};
    };
    Client client(the_host(), options_for(server), slow);
    std::jthread first([&] { EXPECT_EQ(client.send(patience(), get("/")).status, 200); });
    begun.get_future().wait();
    EXPECT_EQ(
        error_of([&] { return client.send(Limit::within(std::chrono::milliseconds(10)), get("/")); }).code,
        Code::deadline);
    CancelCall call;
    call.cancel();
    EXPECT_EQ(error_of([&] { return client.send(call.get(), get("/")); }).code, Code::cancelled);
    go_on.set_value();
}

TEST_F(SessionTest, WhenTheOneWhoLogsInRunsOutOfTimeAnotherTakesOver) {
    std::promise<void> begun;
    std::atomic<int> made = 0;
    TlsServer server(array_identity(), [&](Peer &peer) {
        while (const auto request = peer.read_request()) {
            if (request->starts_with("POST /login") && ++made == 1) {
                begun.set_value();
                peer.wait_for_close();
                return;
            }
            peer.answer(200, "{}");
        }
    });
    SessionRules slow;
    slow.login = [&](const Send &send) {
        static_cast<void>(send(post("/login", "{}")));
        return Session{{{"X-Auth", "x"}}};
    };
    Client client(the_host(), options_for(server), slow);
    CancelCall call;
    std::jthread first([&] {
        EXPECT_EQ(error_of([&] { return client.send(call.get(), get("/")); }).code, Code::cancelled);
    });
    begun.get_future().wait();
    std::jthread second([&] { EXPECT_EQ(client.send(patience(), get("/")).status, 200); });
    call.cancel();
    second.join();
    EXPECT_EQ(made, 2);
}

TEST_F(SessionTest, AnAnswerMayRenewTheCookie) {
    std::mutex mutex;
    std::vector<std::string> seen;
    TlsServer server(array_identity(), [&](Peer &peer) {
        int number = 0;
        while (const auto request = peer.read_request()) {
            const std::lock_guard lock(mutex);
            seen.push_back(*request);
            peer.answer(200, "{}", "Set-Cookie: c=" + std::to_string(++number) + "\r\n");
        }
    });
    SessionRules renewing;
    renewing.login = [](const Send &) { return Session{{{"Cookie", "c=0"}}}; };
    renewing.renew = [](Session &session, const Response &response) {
        session.headers = {{"Cookie", std::string(response.header("Set-Cookie"))}};
    };
    Client client(the_host(), options_for(server), renewing);
    static_cast<void>(client.send(patience(), get("/")));
    static_cast<void>(client.send(patience(), get("/")));
    const std::lock_guard lock(mutex);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_THAT(seen[0], HasSubstr("Cookie: c=0\r\n"));
    EXPECT_THAT(seen[1], HasSubstr("Cookie: c=1\r\n"));
}

TEST_F(SessionTest, ASessionIsEndedOnRequestAndItsSecretsAreNotLogged) {
    TlsServer server(array_identity(), array());
    Client client(the_host(), options_for(server), rules());
    client.secrets().add("hush");
    client.end_session(patience());
    EXPECT_EQ(logouts, 0) << "there was none";
    EXPECT_EQ(client.send(patience(), get("/a")).status, 200);
    auto revealing = get("/a?c=number-1-is-secret");
    EXPECT_EQ(client.send(patience(), revealing).status, 200);
    client.end_session(patience());
    EXPECT_EQ(logouts, 1);
    EXPECT_THAT(logged(), HasSubstr("GET /a?c=*** answered"));
    EXPECT_THAT(logged(), Not(HasSubstr("is-secret")));
    EXPECT_THAT(logged(), Not(HasSubstr("hush")));
}

} // namespace
} // namespace drv::rest::testing
