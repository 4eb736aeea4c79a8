// GET /v2/operations/{operation}: at once, or when it differs from what the caller has seen.
#include "core/api/call.hpp"
#include "core/api/json_views.hpp"
#include "core/api/reads.hpp"

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <memory>

namespace drover::api {

namespace {

constexpr unsigned kMaxWaitSeconds = 60;
constexpr unsigned kMaxPermille = 1000;

Result<unsigned> number(const ApiCall &call, std::string_view name, unsigned most) {
    const std::string text = call.query(name);
    if (text.empty() && !call.match.query.contains(name))
        return 0U;
    unsigned value = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || value > most) {
        return fail(Code::invalid,
                    fmt::format("query parameter \"{}\" must be a whole number from 0 to {}", name, most));
    }
    return value;
}

// Answered by the change (on any thread) or by the time (on the loop), whichever comes first.
struct Waiting {
    Waiting(VolumeService &of, std::string id, http::Responder to)
        : service(of), operation(std::move(id)), responder(std::move(to)) {}

    void finish() {
        if (is_finished.exchange(true))
            return;
        timer.cancel();
        const auto view = service.operation(operation);
        responder.respond(view ? json_response(to_json(*view)) : error_response(view.error()));
    }

    VolumeService &service;
    std::string operation;
    http::Responder responder;
    http::Timer timer;
    std::uint64_t token = 0; // written and read on the loop's thread
    std::atomic<bool> is_finished = false;
};

} // namespace

void get_operation(const ApiCall &call) {
    const auto wait = number(call, "wait", kMaxWaitSeconds);
    const auto permille = number(call, "permille", kMaxPermille);
    for (const auto *parameter : {&wait, &permille}) {
        if (!*parameter)
            return call.responder.respond(error_response(parameter->error()));
    }
    const std::string id = call.path("operation");
    const auto now = call.service().operation(id);
    if (!now)
        return call.responder.respond(error_response(now.error()));
    if (*wait == 0 || now->done)
        return call.responder.respond(json_response(to_json(*now)));

    const auto waiting = std::make_shared<Waiting>(call.service(), id, call.responder);
    // The timer first: the change may come on another thread before watch_operation returns, and cancels it.
    waiting->timer = call.front->loop.after(std::chrono::seconds(*wait), [waiting] {
        waiting->service.stop_watching(waiting->token);
        waiting->finish();
    });
    waiting->token =
        call.service().watch_operation(id, *permille, call.query("stage"), [waiting] { waiting->finish(); });
}

} // namespace drover::api
