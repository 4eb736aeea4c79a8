// A plugin socket over a service in memory, and what dockerd sends to it, byte for byte.
#pragma once

#include "core/api/testing/fake_service.hpp"
#include "core/docker/front.hpp"
#include "core/http/testing/loop_thread.hpp"
#include "core/http/testing/raw_client.hpp"
#include "core/http/testing/temp_folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <string_view>

namespace drover::testing {

// As Debian's dockerd 20.10.24 sends it: an empty Host, no Content-Type.
inline std::string call_text(std::string_view method, std::string_view body) {
    return fmt::format(
        "POST /{} HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: {}\r\n"
        "Accept: application/vnd.docker.plugins.v1.2+json\r\nAccept-Encoding: gzip\r\n\r\n{}",
        method, body.size(), body);
}

class DockerTest : public ::testing::Test {
protected:
    void SetUp() override { serve({.backend = "gold"}); }
    void TearDown() override { loop.close_servers(); }

    void serve(DockerFrontOptions options) {
        loop.close_servers();
        front = std::make_unique<DockerFront>(service, loop.loop(), std::move(options));
        loop.serve({.socket = socket, .error_response = DockerFront::error_response},
                   [this](const http::Request &request, const http::Responder &responder) {
                       front->handle(request, responder);
                   });
    }
    http::testing::RawClient client() { return http::testing::RawClient(socket); }
    // The whole answer over a connection of its own.
    std::string exchange(std::string_view method, std::string_view body) {
        auto to = client();
        to.send(call_text(method, body));
        return to.answer();
    }
    // The answer's body.
    std::string call(std::string_view method, std::string_view body) {
        return http::testing::body_of(exchange(fmt::format("VolumeDriver.{}", method), body));
    }

    FakeService service;
    http::testing::TempFolder folder;
    std::filesystem::path socket = folder.path() / "plugins" / "gold.sock";
    std::unique_ptr<DockerFront> front;
    http::testing::LoopThread loop;
};

} // namespace drover::testing
