#include "core/cli/agent_client.hpp"

#include "core/cli/failure.hpp"
#include "core/cli/interrupt_notice.hpp"
#include "core/cli/json_text.hpp"
#include "core/http/target.hpp"

#include <fmt/format.h>

namespace drover::cli {
namespace {

constexpr std::chrono::seconds kReadLimit{30};
constexpr unsigned kLongPollSeconds = 30;
constexpr std::chrono::seconds kLongPollLimit{kLongPollSeconds + 30};

// The agent did not answer: nobody listens, or it went away, or time ran out.
[[noreturn]] void fail_without_answer(const Error &error) {
    const bool is_unreachable = error.code == Code::unreachable || error.code == Code::gone;
    throw CommandFailed(is_unreachable ? Exit::no_agent : Exit::failed, error.code, error.message);
}

std::string how_to_look(const boost::json::value &operation) {
    return fmt::format("The agent goes on with it. To see how it ends: drover operation wait {}",
                       text_of(operation, "id"));
}

} // namespace

ApiAnswer AgentClient::send(const ApiRequest &request, Deadline deadline) {
    auto answer = api_->send(request, deadline.earlier(options_.deadline));
    if (!answer)
        fail_without_answer(answer.error());
    if (answer->status >= 400)
        fail_with_answer(value_of(answer->body, "error"));
    return *std::move(answer);
}

boost::json::value AgentClient::get(const std::string &target) {
    return send({.method = "GET", .target = target, .body = {}}, Deadline::after(kReadLimit)).body;
}

boost::json::value AgentClient::act(std::string method, std::string target,
                                    std::optional<boost::json::value> body) {
    auto answer = send({.method = std::move(method),
                        .target = std::move(target),
                        .body = std::move(body),
                        .respond_async = true},
                       Deadline::after(kReadLimit));
    if (answer.status != 202) {
        throw CommandFailed(
            Exit::failed, Code::internal,
            fmt::format("the agent answered {} where an operation was expected", answer.status));
    }
    return follow(std::move(answer.body));
}

boost::json::value AgentClient::follow(boost::json::value operation) {
    const std::string id(text_of(operation, "id"));
    std::optional<InterruptNotice> notice;
    if (options_.catch_interrupts)
        notice.emplace(fmt::format("\ndrover: interrupted. {}\n", how_to_look(operation)));
    Progress progress(err_, options_.show_progress);
    while (!flag_of(operation, "done")) {
        const auto permille = number_of(operation, "permille");
        const auto stage = text_of(operation, "stage");
        progress.show(text_of(operation, "kind"), text_of(operation, "volume"), permille, stage);
        auto target = with_query(path("/v2/operations", {id}), "wait", std::to_string(kLongPollSeconds));
        target = with_query(std::move(target), "permille", std::to_string(permille));
        target = with_query(std::move(target), "stage", stage);
        auto answer = api_->send({.method = "GET", .target = target, .body = {}},
                                 Deadline::after(kLongPollLimit).earlier(options_.deadline));
        if (!answer && options_.deadline.has_passed())
            stop_waiting(operation);
        if (!answer) {
            fail_without_answer(
                answer.error().with_context(fmt::format("the agent went away during operation {}; look at "
                                                        "`drover status` when it is back",
                                                        id)));
        }
        if (answer->status >= 400)
            fail_with_answer(value_of(answer->body, "error"));
        operation = std::move(answer->body);
    }
    progress.clear();
    if (const auto &error = value_of(operation, "error"); !error.is_null())
        fail_with_answer(error);
    return operation;
}

void AgentClient::stop_waiting(const boost::json::value &operation) const {
    throw CommandFailed(Exit::failed, Code::deadline,
                        fmt::format("{} {} has not ended within --timeout. {}", text_of(operation, "kind"),
                                    text_of(operation, "volume"), how_to_look(operation)));
}

std::vector<std::string> AgentClient::volume_names() {
    std::vector<std::string> names;
    try {
        const auto answer = get("/v2/volumes");
        for (const auto &volume : list_of(answer, "volumes"))
            names.emplace_back(text_of(volume, "name"));
    } catch (const CommandFailed &) {
        names.clear(); // a hint is not worth a second error
    }
    return names;
}

std::string path(std::string_view base, const std::vector<std::string_view> &segments) {
    std::string out(base);
    for (const auto segment : segments)
        out += "/" + http::encode_segment(segment);
    return out;
}

std::string with_query(std::string target, std::string_view key, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += fmt::format("{}={}", key, http::encode_segment(value));
    return target;
}

} // namespace drover::cli
