// Bytes on a socket: the server hands over requests and answers them, or refuses and hangs up, and comes to
// the same whether the bytes arrive all at once or in pieces. The first byte says how large the pieces are
// and who answers: an echo, the Docker front or the API.
#include "core/api/front.hpp"
#include "core/docker/front.hpp"
#include "fuzz/check.hpp"
#include "fuzz/wire/still_service.hpp"
#include "fuzz/wire/wire.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace {

using namespace drover;
using fuzz::require;
using fuzz::Wire;

http::Response echo(const http::Request &request) {
    return {.content_type = "text/plain", .body = fmt::format("{} bytes", request.body.size())};
}

void check_request(const http::Request &request) {
    require(request.body.size() <= fuzz::kWireBodyBytes, "a body keeps to the limit");
    require(!request.method.empty() && fuzz::is_one_line(request.method), "a method is a word",
            request.method);
    require(!request.target.empty() && fuzz::is_one_line(request.target), "a target is visible text",
            request.target);
    std::size_t bytes = 0;
    for (const http::Header &header : request.headers) {
        bytes += header.name.size() + header.value.size();
        require(header.name.find_first_of(": \t\r\n") == std::string::npos, "a header's name is a word",
                header.name);
        require(header.value.find_first_of("\r\n") == std::string::npos, "a header is one line",
                header.value);
    }
    require(bytes <= fuzz::kWireHeaderBytes, "headers keep to the limit");
}

bool same(const http::Request &one, const http::Request &other) {
    return one.method == other.method && one.target == other.target && one.headers == other.headers &&
           one.body == other.body && one.first_of_connection == other.first_of_connection;
}

void check_echo(std::string_view bytes, std::size_t piece) {
    static Wire wire(
        [](const http::Request &request, const http::Responder &to) { to.respond(echo(request)); }, {});
    const auto whole = wire.exchange(bytes, bytes.size() + 1);
    const auto answers = fuzz::read_answers(whole.answers, whole.requests);
    for (std::size_t i = 0; i < whole.requests.size(); ++i) {
        check_request(whole.requests[i]);
        require(answers[i].status == 200, "what was handed over is answered");
        require(whole.requests[i].method == "HEAD" || answers[i].body == echo(whole.requests[i]).body,
                "answers come in the order of their requests", answers[i].body);
        require(whole.requests[i].first_of_connection == (i == 0), "only the first is the first");
    }
    require(answers.size() == whole.requests.size() || answers.back().status >= 400, "a refusal is an error");
    // How large a header may be is counted a few bytes differently when it comes in pieces.
    if (piece == 0 || bytes.size() >= fuzz::kWireHeaderBytes)
        return;
    // Every place is a border for some piece and some input; more than so many pieces of one input only cost
    // time.
    constexpr std::size_t kMaxPieces = 64;
    const auto pieces = wire.exchange(bytes, std::max(piece, bytes.size() / kMaxPieces));
    require(pieces.requests.size() == whole.requests.size(), "pieces carry as many requests as the whole");
    for (std::size_t i = 0; i < whole.requests.size(); ++i) {
        require(same(whole.requests[i], pieces.requests[i]), "a request is the same in pieces",
                whole.requests[i].target);
    }
    // Which fault of a broken request is seen first may depend on how much of it is there, but not that there
    // is one.
    const auto others = fuzz::read_answers(pieces.answers, pieces.requests);
    for (std::size_t i = 0; i < whole.requests.size(); ++i)
        require(others[i].body == answers[i].body, "an answer is the same in pieces", answers[i].body);
}

void check_json(const Wire::Exchange &exchange) {
    for (const auto &answer : fuzz::read_answers(exchange.answers, exchange.requests)) {
        if (answer.body.empty() || answer.content_type.starts_with("text/plain"))
            continue;
        boost::system::error_code error;
        const auto value = boost::json::parse(answer.body, error);
        require(!error && value.is_object(), "an answer is a JSON object", answer.body);
    }
}

fuzz::StillService &service() {
    static fuzz::StillService instance;
    return instance;
}

void check_docker(std::string_view bytes) {
    static DockerFront *front = nullptr;
    static Wire wire(
        [](const http::Request &request, const http::Responder &to) { front->handle(request, to); },
        DockerFront::error_response);
    if (front == nullptr)
        front = new DockerFront(service(), wire.loop(), {.backend = "gold"});
    check_json(wire.exchange(bytes, bytes.size() + 1));
}

void check_api(std::string_view bytes) {
    static const Metrics metrics({.version = "0.1.0", .started_unix_ns = 1});
    static ApiFront *front = nullptr;
    static Wire wire(
        [](const http::Request &request, const http::Responder &to) { front->handle(request, to); },
        ApiFront::error_response);
    if (front == nullptr)
        front = new ApiFront(service(), wire.loop(), metrics, {.version = "0.1.0", .started_unix_ns = 1});
    check_json(wire.exchange(bytes, bytes.size() + 1));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
    switch (data[0] >> 6U) {
    case 0:
    case 1:
        check_echo(bytes, data[0]);
        break;
    case 2:
        check_docker(bytes);
        break;
    default:
        check_api(bytes);
    }
    return 0;
}
