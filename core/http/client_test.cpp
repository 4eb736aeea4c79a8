#include "core/http/client.hpp"
#include "core/http/socket_file.hpp"
#include "core/http/testing/loop_thread.hpp"
#include "core/http/testing/temp_folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace drover::http {
namespace {

using testing::LoopThread;
using testing::TempFolder;

Deadline soon() {
    return Deadline::after(std::chrono::seconds(60));
}

class ClientTest : public ::testing::Test {
protected:
    TempFolder folder;
    std::filesystem::path socket = folder.path() / "api.sock";
    std::vector<Responder> kept; // of the loop's thread while it lives
    LoopThread loop;
};

TEST_F(ClientTest, says_what_to_do_when_nobody_is_there) {
    Client client(socket);
    const auto reply = client.send({.target = "/v2/health"}, soon());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Code::unreachable);
    EXPECT_EQ(reply.error().message,
              fmt::format("cannot connect to {}: is drover-agent running? (systemctl status "
                          "drover-agent)",
                          socket.native()));
}

TEST_F(ClientTest, carries_json_both_ways_over_one_connection) {
    auto &server = loop.serve({.socket = socket}, [](const Request &request, const Responder &responder) {
        responder.respond({.status = 202,
                           .body = fmt::format("{{\"method\":\"{}\",\"sent\":{}}}", request.method,
                                               request.body.empty() ? "null" : request.body),
                           .headers = {{"Location", "/v2/operations/7"}}});
    });
    Client client(socket);
    for (int i = 0; i < 3; ++i) {
        const auto reply = client.json("POST", "/a", boost::json::value{{"name", "v"}}, soon());
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(reply->status, 202U);
        EXPECT_EQ(reply->location, "/v2/operations/7");
        EXPECT_EQ(reply->body.at("sent").at("name").as_string(), "v");
    }
    const auto reply = client.json("GET", "/a", std::nullopt, soon());
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->body.at("sent").is_null());
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(ClientTest, gives_the_error_that_the_answer_describes) {
    loop.serve({.socket = socket}, [](const Request &request, const Responder &responder) {
        if (request.target == "/plain")
            return responder.respond({.status = 500, .content_type = "text/plain", .body = "oh"});
        responder.respond({.status = 409,
                           .body = R"({"error":{"code":"conflict","message":"it is in use","retryable":true,)"
                                   R"("vendor_code":"E7","retry_after_ms":1500}})"});
    });
    Client client(socket);
    const auto reply = client.json("GET", "/a", std::nullopt, soon());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Code::conflict);
    EXPECT_EQ(reply.error().message, "it is in use");
    EXPECT_EQ(reply.error().vendor_code, "E7");
    EXPECT_TRUE(reply.error().retryable);
    EXPECT_FALSE(reply.error().state_unknown);
    EXPECT_EQ(reply.error().retry_after, std::chrono::milliseconds(1500));
    const auto plain = client.json("GET", "/plain", std::nullopt, soon());
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().message, "the answer was HTTP 500: oh");
}

TEST_F(ClientTest, gives_up_at_its_deadline) {
    loop.serve({.socket = socket},
               [this](const Request &, const Responder &responder) { kept.push_back(responder); });
    Client client(socket);
    const auto reply =
        client.send({.method = "POST", .target = "/a"}, Deadline::after(std::chrono::milliseconds(30)));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Code::deadline);
    EXPECT_TRUE(reply.error().state_unknown);
    EXPECT_EQ(reply.error().message, "drover-agent did not answer POST /a in time; it may still do it");
}

TEST_F(ClientTest, asks_again_over_a_new_connection_when_the_old_one_was_closed_meanwhile) {
    const auto answer = [](const Request &, const Responder &responder) { responder.respond({.body = "1"}); };
    auto &first = loop.serve({.socket = socket}, answer);
    Client client(socket);
    ASSERT_TRUE(client.send({.target = "/a"}, soon()));
    loop.stop(first);
    loop.serve({.socket = socket}, answer);
    EXPECT_TRUE(client.send({.target = "/a"}, soon()));
}

TEST_F(ClientTest, never_sends_twice_what_changes_something) {
    int calls = 0;
    auto listening = SocketFile::listen(socket, 0600);
    ASSERT_TRUE(listening);
    const UniqueFd listener = listening->take_listener();
    std::thread server([&] {
        pollfd look{.fd = listener.get(), .events = POLLIN, .revents = 0};
        ::poll(&look, 1, 60000);
        const UniqueFd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        std::array<char, 4096> in{};
        while (calls < 2 && ::recv(connection.get(), in.data(), in.size(), 0) > 0) {
            if (++calls == 1)
                ::send(connection.get(), "HTTP/1.1 204 No Content\r\n\r\n", 27, MSG_NOSIGNAL);
        }
    });
    Client client(socket);
    EXPECT_TRUE(client.send({.method = "POST", .target = "/a"}, soon()));
    const auto reply = client.send({.method = "POST", .target = "/a"}, soon());
    server.join();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Code::gone);
    EXPECT_TRUE(reply.error().state_unknown);
    EXPECT_EQ(calls, 2);
}

TEST_F(ClientTest, takes_a_body_whose_first_chunk_is_the_last_and_comes_in_pieces) {
    auto listening = SocketFile::listen(socket, 0600);
    ASSERT_TRUE(listening);
    const UniqueFd listener = listening->take_listener();
    std::thread server([&] {
        pollfd look{.fd = listener.get(), .events = POLLIN, .revents = 0};
        ::poll(&look, 1, 60000);
        const UniqueFd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        std::array<char, 4096> in{};
        ::recv(connection.get(), in.data(), in.size(), 0);
        for (const char byte :
             std::string_view("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) {
            ::send(connection.get(), &byte, 1, MSG_NOSIGNAL);
            // There is no event for "the other side has read it", and two pieces must not become one.
            for (int unread = 1; ::ioctl(connection.get(), SIOCOUTQ, &unread) == 0 && unread > 0;)
                std::this_thread::yield();
        }
    });
    Client client(socket);
    const auto reply = client.send({.target = "/a"}, soon());
    server.join();
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 200U);
    EXPECT_EQ(reply->body, "");
}

TEST_F(ClientTest, takes_large_answers) {
    loop.serve({.socket = socket}, [](const Request &, const Responder &responder) {
        responder.respond({.body = std::string(std::size_t{16} << 20, 'a')});
    });
    Client client(socket);
    const auto reply = client.send({.target = "/a"}, soon());
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body.size(), std::size_t{16} << 20);
}

} // namespace
} // namespace drover::http
