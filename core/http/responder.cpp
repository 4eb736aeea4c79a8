#include "core/http/responder.hpp"

#include "core/http/connection.hpp"
#include "core/http/server_state.hpp"

namespace drover::http {

Responder::State::State(const std::shared_ptr<Server::State> &server, std::weak_ptr<Connection> to)
    : connection(std::move(to)), gate(server->gate), error_response(server->options.error_response) {}

Responder::State::~State() {
    constexpr std::string_view kText = "internal error: the request was given up without an answer";
    if (is_answered)
        return;
    respond(error_response
                ? error_response(500, kText)
                : Response{.status = 500, .content_type = "text/plain", .body = std::string(kText)},
            {});
}

void Responder::State::respond(Response response, Delivered delivered) {
    if (is_answered.exchange(true))
        return;
    gate->post([to = connection, answer = std::move(response), told = std::move(delivered)]() mutable {
        if (const auto alive = to.lock()) {
            alive->answer(answer, std::move(told));
        } else if (told) {
            told(false);
        }
    });
}

void Responder::respond(Response response, Delivered delivered) const {
    state_->respond(std::move(response), std::move(delivered));
}

} // namespace drover::http
