// The API on a real socket over a service in memory.
#pragma once

#include "core/api/front.hpp"
#include "core/api/testing/fake_service.hpp"
#include "core/http/client.hpp"
#include "core/http/testing/loop_thread.hpp"
#include "core/http/testing/raw_client.hpp"
#include "core/http/testing/temp_folder.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace drover::testing {

class ApiTest : public ::testing::Test {
protected:
    ApiTest() {
        loop.serve({.socket = socket, .error_response = ApiFront::error_response},
                   [this](const http::Request &request, const http::Responder &responder) {
                       front.handle(request, responder);
                   });
    }
    void TearDown() override { loop.close_servers(); }

    // "200 {...}".
    std::string ask(std::string method, std::string target, std::string body = {},
                    std::vector<http::Header> headers = {}) {
        http::Client client(socket);
        answer = client
                     .send({.method = std::move(method),
                            .target = std::move(target),
                            .headers = std::move(headers),
                            .body = std::move(body)},
                           Deadline::after(http::testing::kPatience))
                     .value();
        return std::to_string(answer.status) + ' ' + answer.body;
    }
    std::string get(std::string target) { return ask("GET", std::move(target)); }
    [[nodiscard]] boost::json::value json() const { return boost::json::parse(answer.body); }

    static constexpr std::chrono::seconds kStarted{1'767'323'045};

    FakeService service;
    http::testing::TempFolder folder;
    std::filesystem::path socket = folder.path() / "api.sock";
    Metrics metrics{{.version = "0.1.0", .started_unix_ns = std::chrono::nanoseconds(kStarted).count()}};
    http::testing::LoopThread loop;
    ApiFront front{service,
                   loop.loop(),
                   metrics,
                   {.version = "0.1.0", .started_unix_ns = std::chrono::nanoseconds(kStarted).count()}};
    http::ClientResponse answer;
};

} // namespace drover::testing
