#include "core/api/front.hpp"

#include "core/api/call.hpp"
#include "core/api/json_views.hpp"

#include <algorithm>

namespace drover {

OperationOptions ApiCall::options() const {
    constexpr std::size_t kMaxId = 128;
    OperationOptions options{.deadline = Deadline::after(front->options.work_limit)};
    // It goes into logs and to backends, so only what is harmless there.
    const std::string_view id = request.header("X-Request-Id");
    const bool is_plain = std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (is_plain && id.size() <= kMaxId)
        options.request_id = id;
    return options;
}

ApiFront::ApiFront(VolumeService &service, http::EventLoop &loop, const Metrics &metrics, ApiOptions options)
    : shared_(std::make_shared<Shared>(service, loop, metrics, std::move(options))) {}

ApiFront::~ApiFront() = default;

http::Response ApiFront::error_response(unsigned status, std::string_view text) {
    return drover::error_response(
        {.code = status >= 500 ? Code::internal : Code::invalid, .message = std::string(text)}, status);
}

void ApiFront::handle(const http::Request &request, const http::Responder &responder) {
    const auto match = find_route(request.method, request.target);
    if (!match) {
        http::Response refused = drover::error_response(match.error().error, match.error().status);
        if (!match.error().allow.empty())
            refused.headers.push_back({"Allow", match.error().allow});
        return responder.respond(std::move(refused));
    }
    match->route->run({.front = shared_, .request = request, .responder = responder, .match = *match});
}

} // namespace drover
