// Docker's volume plugin protocol over the volume service: what arrives on one plugin socket, as calls of the
// service, and their ends as the answers that dockerd understands. Holds no volumes and no counts: those are
// the service's, on disk.
//
// dockerd waits 120 s for Create and Mount and 60 s for the rest, and never takes back a Mount that it gave
// up on. So each call is answered before that, with words that tell what still goes on; work goes on after
// the answer; and a Mount that ends when nobody waits for it any more gives its use back.
#pragma once

#include "core/http/event_loop.hpp"
#include "core/http/message.hpp"
#include "core/http/responder.hpp"
#include "core/volume/service.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace drover {

struct DockerFrontOptions {
    std::string backend;         // whose volumes this socket serves; empty: of every backend
    bool implicit_create = true; // false: Create without options only finds what exists
    RemovePolicy remove = RemovePolicy::destroy_if_ours;
    bool refcount = true; // false: one Unmount takes back every Mount, whoever sent it
    // When to answer what has not ended.
    std::chrono::nanoseconds answer_slow_calls = std::chrono::seconds(105); // Create, Mount
    std::chrono::nanoseconds answer_other_calls = std::chrono::seconds(50); // Unmount, Remove
    // The deadline of the work itself.
    std::chrono::nanoseconds work_limit = std::chrono::hours(1);
};

class DockerFront {
public:
    // Both outlive the front and every answer it has begun.
    DockerFront(VolumeService &service, http::EventLoop &loop, DockerFrontOptions options);
    ~DockerFront();
    DockerFront(const DockerFront &) = delete;
    DockerFront &operator=(const DockerFront &) = delete;

    // The handler of an http::Server.
    void handle(const http::Request &request, const http::Responder &responder);

    // {"Err": text}, for ServerOptions::error_response.
    static http::Response error_response(unsigned status, std::string_view text);

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

} // namespace drover
