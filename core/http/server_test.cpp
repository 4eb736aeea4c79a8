#include "core/http/server.hpp"
#include "core/http/testing/loop_thread.hpp"
#include "core/http/testing/raw_client.hpp"
#include "core/http/testing/temp_folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unistd.h>

namespace drover::http {
namespace {

using testing::body_of;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::kPatience;
using testing::LoopThread;
using testing::RawClient;
using ::testing::StartsWith;
using testing::TempFolder;

// What happened on other threads, in order, for a test to wait for.
template <typename T>
class Mailbox {
public:
    void put(T value) {
        const std::lock_guard lock(mutex_);
        values_.push_back(std::move(value));
        changed_.notify_all();
    }
    T take() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, kPatience, [&] { return !values_.empty(); }))
            throw std::runtime_error("nothing came");
        T value = std::move(values_.front());
        values_.pop_front();
        return value;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> values_;
};

void echo(const Request &request, const Responder &responder) {
    responder.respond({.content_type = "text/plain",
                       .body = fmt::format("{} {} [{}]", request.method, request.target, request.body)});
}

class ServerTest : public ::testing::Test {
protected:
    Server &serve(Handler handler, ServerOptions options = {}) {
        options.socket = socket;
        return loop.serve(std::move(options), std::move(handler));
    }
    RawClient client() { return RawClient(socket); }

    TempFolder folder;
    std::filesystem::path socket = folder.path() / "test.sock";
    LoopThread loop;
};

TEST_F(ServerTest, answers_byte_for_byte) {
    serve(echo);
    auto to = client();
    ASSERT_TRUE(to.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"));
    EXPECT_EQ(to.answer(),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nPOST /a [hi]");
}

TEST_F(ServerTest, takes_any_host_no_content_type_and_an_empty_body) {
    serve(echo);
    auto to = client();
    for (const char *host : {"Host: \r\n", "Host: plugin.moby.localhost\r\n",
                             "Host: %2Frun%2Fdocker%2Fplugins%2Fflocker.sock\r\n", ""}) {
        ASSERT_TRUE(to.send(fmt::format("POST /a HTTP/1.1\r\n{}Content-Length: 0\r\n\r\n", host)));
        EXPECT_EQ(body_of(to.answer()), "POST /a []") << host;
    }
}

TEST_F(ServerTest, answers_pipelined_requests_in_their_order_though_the_work_ends_in_another) {
    Mailbox<Responder> first;
    serve([&](const Request &request, const Responder &responder) {
        if (request.target == "/slow") {
            first.put(responder);
        } else {
            echo(request, responder);
        }
    });
    auto to = client();
    ASSERT_TRUE(
        to.send("GET /slow HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: "
                "1\r\n\r\nxGET /d HTTP/1.1\r\n\r\n"));
    first.take().respond({.body = "late"});
    EXPECT_EQ(body_of(to.answer()), "late");
    EXPECT_EQ(body_of(to.answer()), "GET /b []");
    EXPECT_EQ(body_of(to.answer()), "POST /c [x]");
    EXPECT_EQ(body_of(to.answer()), "GET /d []");
}

TEST_F(ServerTest, takes_thousands_of_pipelined_requests) {
    serve(echo);
    auto to = client();
    constexpr int kRequests = 5000;
    std::thread sender([&] {
        for (int i = 0; i < kRequests; ++i)
            to.send(fmt::format("GET /{} HTTP/1.1\r\n\r\n", i));
    });
    for (int i = 0; i < kRequests; ++i)
        ASSERT_EQ(body_of(to.answer()), fmt::format("GET /{} []", i));
    sender.join();
}

TEST_F(ServerTest, closes_when_asked_to_and_serves_old_clients) {
    serve(echo);
    auto to = client();
    ASSERT_TRUE(to.send("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(to.rest(), HasSubstr("Connection: close\r\n\r\nGET /a []"));
    auto old = client();
    ASSERT_TRUE(old.send("GET /a HTTP/1.0\r\n\r\n"));
    EXPECT_THAT(old.rest(), EndsWith("GET /a []"));
    auto keeping = client();
    ASSERT_TRUE(keeping.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_THAT(keeping.answer(), HasSubstr("Connection: keep-alive\r\n"));
    ASSERT_TRUE(keeping.send("GET /b HTTP/1.0\r\n\r\n"));
    EXPECT_THAT(keeping.rest(), EndsWith("GET /b []"));
}

TEST_F(ServerTest, leaves_the_body_out_where_http_has_none) {
    serve(
        [](const Request &, const Responder &responder) { responder.respond({.status = 204, .body = "x"}); });
    auto to = client();
    ASSERT_TRUE(to.send("DELETE /a HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(to.answer(), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_F(ServerTest, lets_a_client_that_expects_100_send_its_body) {
    serve(echo);
    auto to = client();
    ASSERT_TRUE(to.send("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    EXPECT_EQ(to.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
    ASSERT_TRUE(to.send("hi"));
    EXPECT_EQ(body_of(to.answer()), "POST /a [hi]");
}

TEST_F(ServerTest, refuses_a_body_beyond_the_limit_and_takes_one_at_it) {
    serve([](const Request &request, const Responder &responder) {
        responder.respond({.body = std::to_string(request.body.size())});
    });
    const std::size_t limit = ServerOptions{}.max_body_bytes;
    auto to = client();
    ASSERT_TRUE(to.send(
        fmt::format("POST /a HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", limit, std::string(limit, 'a'))));
    EXPECT_EQ(body_of(to.answer()), "1048576");

    auto declared = client();
    ASSERT_TRUE(declared.send(fmt::format("POST /a HTTP/1.1\r\nContent-Length: {}\r\n\r\n", limit + 1)));
    EXPECT_EQ(declared.answer(),
              "HTTP/1.1 413 Payload Too Large\r\nContent-Type: text/plain\r\nContent-Length: 47\r\n"
              "Connection: close\r\n\r\nthe request's body is larger than 1048576 bytes");
    auto sending = client(); // and does not stop because of the answer
    sending.send(fmt::format("POST /a HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", 3 * limit,
                             std::string(3 * limit, 'a')));
    EXPECT_THAT(sending.answer(), StartsWith("HTTP/1.1 413 "));
    auto chunked = client();
    chunked.send(fmt::format("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                             limit + 1, std::string(limit + 1, 'a')));
    EXPECT_THAT(chunked.answer(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, refuses_headers_beyond_the_limit) {
    serve(echo);
    auto to = client();
    to.send("GET /a HTTP/1.1\r\nX: " + std::string(20000, 'a') + "\r\n\r\n");
    EXPECT_THAT(to.answer(), StartsWith("HTTP/1.1 431 "));
    // What follows a body in chunks is header, too.
    auto trailing = client();
    const std::string half = "X: " + std::string(10000, 'a') + "\r\n";
    trailing.send("POST /a HTTP/1.1\r\n" + half + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + half + "\r\n");
    EXPECT_THAT(trailing.answer(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, answers_garbage_with_400_and_hangs_up) {
    serve(echo);
    for (const std::string &bad :
         {std::string("hello\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", 10),
          std::string("GET /a HTTP/9.9\r\n\r\n"),
          std::string("GET /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
          std::string("GET /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
          std::string("\0\0\0\0\0\0\0\0", 8), std::string("GET /a b HTTP/1.1\r\n\r\n"),
          std::string("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")}) {
        auto to = client();
        ASSERT_TRUE(to.send(bad));
        EXPECT_THAT(to.answer(), StartsWith("HTTP/1.1 400 ")) << bad;
        EXPECT_EQ(to.rest(), "");
    }
    auto well = client();
    ASSERT_TRUE(well.send("GET /a HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(body_of(well.answer()), "GET /a []");
}

TEST_F(ServerTest, gives_up_on_half_a_request_but_not_on_an_idle_connection) {
    serve(echo, {.transfer_timeout = std::chrono::milliseconds(300)});
    auto idle = client();
    auto kept = client();
    ASSERT_TRUE(kept.send("GET /a HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(body_of(kept.answer()), "GET /a []");
    auto half_head = client();
    auto half_body = client();
    ASSERT_TRUE(half_head.send("GET /a HTTP/1.1\r\nHo"));
    ASSERT_TRUE(half_body.send("POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"));
    EXPECT_EQ(half_head.answer(),
              "HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain\r\nContent-Length: 41\r\n"
              "Connection: close\r\n\r\nthe request was not complete within 0.3 s");
    EXPECT_THAT(half_body.answer(), StartsWith("HTTP/1.1 408 "));
    // Both others are older than the limit by now.
    for (RawClient *to : {&idle, &kept}) {
        ASSERT_TRUE(to->send("GET /b HTTP/1.1\r\n\r\n"));
        EXPECT_EQ(body_of(to->answer()), "GET /b []");
    }
}

TEST_F(ServerTest, does_not_time_a_handler) {
    Mailbox<Responder> waiting;
    serve([&](const Request &, const Responder &responder) { waiting.put(responder); },
          {.transfer_timeout = std::chrono::milliseconds(50)});
    auto to = client();
    ASSERT_TRUE(to.send("GET /a HTTP/1.1\r\n\r\n"));
    const auto responder = waiting.take();
    // Another connection, opened later, runs into the limit: so it has passed for this one too.
    auto half = client();
    ASSERT_TRUE(half.send("GET"));
    EXPECT_THAT(half.answer(), StartsWith("HTTP/1.1 408 "));
    responder.respond({.body = "there"});
    EXPECT_EQ(body_of(to.answer()), "there");
}

TEST_F(ServerTest, tells_whether_the_answer_reached_anybody) {
    Mailbox<Responder> waiting;
    Mailbox<bool> delivered;
    serve([&](const Request &, const Responder &responder) { waiting.put(responder); });
    auto stays = client();
    ASSERT_TRUE(stays.send("GET /a HTTP/1.1\r\n\r\n"));
    waiting.take().respond({.body = "x"}, [&](bool ok) { delivered.put(ok); });
    EXPECT_TRUE(delivered.take());
    EXPECT_EQ(body_of(stays.answer()), "x");

    auto leaves = client();
    ASSERT_TRUE(leaves.send("GET /a HTTP/1.1\r\n\r\n"));
    const auto responder = waiting.take();
    leaves.hang_up();
    responder.respond({.body = "x"}, [&](bool ok) { delivered.put(ok); });
    EXPECT_FALSE(delivered.take());
}

TEST_F(ServerTest, answers_a_client_that_only_ended_its_own_half) {
    Mailbox<Responder> waiting;
    serve([&](const Request &, const Responder &responder) { waiting.put(responder); });
    auto to = client();
    ASSERT_TRUE(to.send("GET /a HTTP/1.1\r\n\r\n"));
    ::shutdown(to.fd(), SHUT_WR);
    waiting.take().respond({.body = "x"});
    EXPECT_THAT(to.rest(), EndsWith("\r\n\r\nx"));
}

TEST_F(ServerTest, tells_when_a_client_leaves_in_the_middle_of_a_large_answer) {
    Mailbox<bool> delivered;
    serve([&](const Request &, const Responder &responder) {
        responder.respond({.body = std::string(std::size_t{32} << 20, 'a')},
                          [&](bool ok) { delivered.put(ok); });
    });
    auto to = client();
    ASSERT_TRUE(to.send("GET /a HTTP/1.1\r\n\r\n"));
    std::array<char, 100> some{};
    pollfd look{.fd = to.fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&look, 1, 60000), 1);
    ASSERT_GT(::recv(to.fd(), some.data(), some.size(), 0), 0);
    to.hang_up();
    EXPECT_FALSE(delivered.take());

    auto reads = client();
    ASSERT_TRUE(reads.send("GET /a HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(body_of(reads.answer()).size(), std::size_t{32} << 20);
    EXPECT_TRUE(delivered.take());
}

TEST_F(ServerTest, answers_500_for_a_handler_that_throws_or_forgets) {
    serve([](const Request &request, const Responder &) {
        if (request.target == "/throw")
            throw std::runtime_error("the secret is 42");
    });
    auto to = client();
    ASSERT_TRUE(to.send("GET /throw HTTP/1.1\r\n\r\nGET /forget HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(to.answer(),
              "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n\r\n"
              "internal error: the request's handler failed");
    EXPECT_EQ(body_of(to.answer()), "internal error: the request was given up without an answer");
}

TEST_F(ServerTest, sends_only_the_first_answer) {
    Mailbox<bool> delivered;
    serve([&](const Request &, const Responder &responder) {
        responder.respond({.body = "one"}, [&](bool ok) { delivered.put(ok); });
        responder.respond({.body = "two"}, [&](bool) { ADD_FAILURE(); });
    });
    auto to = client();
    ASSERT_TRUE(to.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
    EXPECT_EQ(body_of(to.rest()), "one");
    EXPECT_TRUE(delivered.take());
}

TEST_F(ServerTest, shapes_its_own_answers_as_it_is_told) {
    serve(echo, {.error_response = [](unsigned status, std::string_view text) {
              return Response{.status = status, .body = fmt::format("{{\"Err\":\"{}\"}}", text)};
          }});
    auto to = client();
    ASSERT_TRUE(to.send("?\r\n\r\n"));
    EXPECT_EQ(body_of(to.answer()), "{\"Err\":\"this is no HTTP request (bad method)\"}");
}

TEST_F(ServerTest, says_who_connected_and_which_request_is_the_first) {
    serve([](const Request &request, const Responder &responder) {
        responder.respond({.body = fmt::format("{} {} {}", request.peer.pid, request.peer.uid,
                                               request.first_of_connection)});
    });
    auto to = client();
    ASSERT_TRUE(to.send("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(body_of(to.answer()), fmt::format("{} {} true", ::getpid(), ::getuid()));
    EXPECT_EQ(body_of(to.answer()), fmt::format("{} {} false", ::getpid(), ::getuid()));
}

TEST_F(ServerTest, serves_a_thousand_connections_at_once) {
    auto &server = serve(echo);
    std::vector<RawClient> clients;
    clients.reserve(1000);
    for (int i = 0; i < 1000; ++i)
        clients.push_back(client());
    for (auto &each : clients)
        ASSERT_TRUE(each.send("GET /a HTTP/1.1\r\n\r\n"));
    for (auto &each : clients)
        ASSERT_EQ(body_of(each.answer()), "GET /a []");
    EXPECT_EQ(server.connections(), 1000U);
}

TEST_F(ServerTest, lets_connections_beyond_the_limit_wait) {
    serve(echo, {.max_connections = 2});
    auto one = client();
    auto two = client();
    auto three = client();
    ASSERT_TRUE(one.send("GET /1 HTTP/1.1\r\n\r\n"));
    ASSERT_TRUE(two.send("GET /2 HTTP/1.1\r\n\r\n"));
    ASSERT_TRUE(three.send("GET /3 HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(body_of(one.answer()), "GET /1 []");
    EXPECT_EQ(body_of(two.answer()), "GET /2 []");
    one.hang_up();
    EXPECT_EQ(body_of(three.answer()), "GET /3 []");
}

TEST_F(ServerTest, stopping_finishes_what_was_begun_and_nothing_else) {
    Mailbox<Responder> waiting;
    auto &server = serve([&](const Request &, const Responder &responder) { waiting.put(responder); });
    auto idle = client();
    auto busy = client();
    ASSERT_TRUE(busy.send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"));
    const auto responder = waiting.take();
    loop.stop(server);
    EXPECT_FALSE(std::filesystem::exists(socket));
    EXPECT_EQ(idle.rest(), "");
    EXPECT_FALSE(connect_to_socket(socket));
    responder.respond({.body = "x"});
    EXPECT_EQ(body_of(busy.rest()), "x");
}

TEST_F(ServerTest, may_be_answered_when_its_loop_is_gone) {
    Mailbox<Responder> waiting;
    std::optional<Responder> late;
    {
        LoopThread other;
        other.serve({.socket = socket},
                    [&](const Request &, const Responder &responder) { waiting.put(responder); });
        auto to = client();
        ASSERT_TRUE(to.send("GET /a HTTP/1.1\r\n\r\n"));
        late = waiting.take();
    }
    late->respond({}, [](bool) { ADD_FAILURE(); });
}

TEST_F(ServerTest, says_that_an_answer_came_too_late_for_a_server_that_is_gone) {
    Mailbox<Responder> waiting;
    Mailbox<bool> delivered;
    std::unique_ptr<Server> server;
    loop.on_loop([&] {
        auto made =
            Server::start(loop.loop(), {.socket = socket},
                          [&](const Request &, const Responder &responder) { waiting.put(responder); });
        ASSERT_TRUE(made);
        server = std::move(*made);
    });
    auto to = client();
    ASSERT_TRUE(to.send("GET /a HTTP/1.1\r\n\r\n"));
    const auto responder = waiting.take();
    loop.on_loop([&] { server.reset(); });
    responder.respond({}, [&](bool ok) { delivered.put(ok); });
    EXPECT_FALSE(delivered.take());
}

TEST_F(ServerTest, serves_a_socket_that_systemd_opened) {
    auto file = SocketFile::listen(socket, 0600);
    ASSERT_TRUE(file);
    auto &server = loop.serve({.socket = socket, .inherited = file->take_listener()}, echo);
    auto to = client();
    ASSERT_TRUE(to.send("GET /a HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(body_of(to.answer()), "GET /a []");
    loop.stop(server);
    EXPECT_TRUE(std::filesystem::exists(socket));

    ServerOptions none{.socket = socket, .inherited = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC))};
    const auto refused = Server::start(loop.loop(), std::move(none), echo);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::invalid);
}

} // namespace
} // namespace drover::http
