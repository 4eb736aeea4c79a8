// The REST API of openapi.yaml over the volume service. Reads answer on the loop's thread from memory; acts
// answer when the service says that they ended, or at once when the client prefers.
#pragma once

#include "core/api/metrics.hpp"
#include "core/http/event_loop.hpp"
#include "core/http/message.hpp"
#include "core/http/responder.hpp"
#include "core/volume/service.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace drover {

struct ApiOptions {
    std::string version; // of the agent
    std::uint64_t started_unix_ns = 0;
    // The deadline of the work that a request begins, and of asking a driver for its profiles.
    std::chrono::nanoseconds work_limit = std::chrono::hours(4);
    std::chrono::nanoseconds ask_limit = std::chrono::seconds(30);
};

class ApiFront {
public:
    // All three outlive the front and every answer it has begun.
    ApiFront(VolumeService &service, http::EventLoop &loop, const Metrics &metrics, ApiOptions options);
    ~ApiFront();
    ApiFront(const ApiFront &) = delete;
    ApiFront &operator=(const ApiFront &) = delete;

    // The handler of an http::Server.
    void handle(const http::Request &request, const http::Responder &responder);

    // {"error": ...}, for ServerOptions::error_response.
    static http::Response error_response(unsigned status, std::string_view text);

    struct Shared; // call.hpp, for this folder only

private:
    std::shared_ptr<Shared> shared_;
};

} // namespace drover
