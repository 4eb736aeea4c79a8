// Requests to the REST API: "METHOD TARGET" on the first line, the rest is the body. Each is answered with a
// status and a body that its status promises; what is read of a body is within its bounds.
#include "core/api/bodies.hpp"
#include "core/api/front.hpp"
#include "core/api/routes.hpp"
#include "core/http/target.hpp"
#include "fuzz/check.hpp"
#include "fuzz/wire/still_service.hpp"
#include "fuzz/wire/wire.hpp"

#include <boost/json/parse.hpp>

namespace {

using namespace drover;
using fuzz::require;

void check_target(std::string_view text) {
    const auto target = http::parse_target(text);
    if (!target) {
        fuzz::require_message(target.error().message);
        return;
    }
    std::string again;
    for (const std::string &segment : target->segments)
        again += "/" + http::encode_segment(segment);
    char mark = '?';
    for (const auto &[name, value] : target->query) {
        again += std::exchange(mark, '&') + http::encode_segment(name) + "=" + http::encode_segment(value);
    }
    require(
        again.find_first_not_of("/?&=%-_.~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
            std::string::npos,
        "an address that was made is plain", again);
    const auto same = http::parse_target(again);
    require(same && same->segments == target->segments && same->query == target->query,
            "an address that was made means what it was made of", again);
}

void check_route(std::string_view method, std::string_view target) {
    const auto match = find_route(method, target);
    if (match) {
        require(match->route != nullptr && match->route->method == method,
                "a route has the method that was asked for");
        for (const auto &[name, value] : match->path)
            require(!value.empty(), "a parameter of a path is not empty", name);
        return;
    }
    const NoMatch &none = match.error();
    fuzz::require_message(none.error.message);
    require(none.status == 400 || none.status == 404 || none.status == 405, "a wrong address has its status");
    require((none.status == 405) == !none.allow.empty(), "a wrong method is told the right ones", none.allow);
}

template <typename T>
const T *read(const Result<T> &result) {
    if (result)
        return &*result;
    fuzz::require_message(result.error().message);
    require(result.error().code == Code::invalid, "a wrong body is invalid", result.error().message);
    return nullptr;
}

void check_bodies(std::string_view body) {
    const auto read_spec = read_volume_spec(body);
    if (const VolumeSpec *spec = read(read_spec)) {
        require(!spec->name.empty(), "a volume has a name");
        require(!spec->bytes || *spec->bytes > 0, "a size is more than nothing");
        require(spec->fstype.empty() || spec->fstype == "ext4" || spec->fstype == "xfs",
                "a filesystem is known", spec->fstype);
        require(!spec->root.mode || *spec->root.mode <= 07777, "a mode has permission bits only");
        require(spec->root.uid != 0xffffffffU && spec->root.gid != 0xffffffffU, "an owner is somebody");
        require(!spec->source || !spec->source->volume.empty(), "a source has a name");
    }
    const auto use = read_use(body);
    if (const std::string *text = read(use))
        require(!text->empty() && text->size() <= 255, "a use is a short text", *text);
    const auto bytes = read_new_size(body);
    if (const std::uint64_t *size = read(bytes))
        require(*size > 0, "a size is more than nothing");
    read(read_new_snapshot(body));
    const auto shape = read_new_shape(body);
    if (const NewShape *wanted = read(shape))
        require(!wanted->profile.empty() || !wanted->pool.empty(), "a new shape names something");
    const auto limits = read_limits(body);
    if (const Limits *wanted = read(limits)) {
        require(wanted->max_iops != 0 && wanted->min_iops != 0 && wanted->burst_iops != 0 &&
                    wanted->max_bytes_per_second != 0,
                "a limit is more than nothing");
    }
    const auto adopt = read_adopt_spec(body);
    if (const AdoptSpec *spec = read(adopt))
        require(!spec->handle.empty(), "what is adopted has a handle");
    read(read_snapshot_adopt_spec(body));
}

void check_answer(const fuzz::Answer &answer) {
    if (answer.status == 204) {
        require(answer.body.empty(), "204 has no body", answer.body);
        return;
    }
    if (answer.content_type.starts_with("text/plain")) // metrics
        return;
    require(answer.content_type == "application/json", "an answer is JSON", answer.content_type);
    boost::system::error_code error;
    const auto value = boost::json::parse(answer.body, error);
    require(!error && value.is_object(), "an answer is a JSON object", answer.body);
    require(value.get_object().contains("error") || answer.status < 300, "an error says what it is",
            answer.body);
    if (answer.status < 300)
        return;
    const auto &told = value.get_object().at("error").as_object();
    require(told.contains("code") && !told.at("message").as_string().empty(),
            "an error has a code and a message", answer.body);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view method = line.substr(0, line.find(' '));
    const std::string_view target = line.substr(std::min(line.size(), method.size() + 1));
    const std::string_view body = text.substr(std::min(text.size(), line.size() + 1));
    check_target(target);
    check_route(method, target);
    check_bodies(body);

    static fuzz::StillService service;
    static const Metrics metrics({.version = "0.1.0", .started_unix_ns = 1});
    static ApiFront *front = nullptr;
    static fuzz::Wire wire(
        [](const http::Request &request, const http::Responder &to) { front->handle(request, to); },
        ApiFront::error_response);
    if (front == nullptr)
        front = new ApiFront(service, wire.loop(), metrics, {.version = "0.1.0", .started_unix_ns = 1});
    const auto exchange = wire.exchange(fuzz::request_text(method, target, body), size + 512);
    for (const auto &answer : fuzz::read_answers(exchange.answers, exchange.requests)) {
        if (exchange.requests.empty() || exchange.requests[0].method != "HEAD")
            check_answer(answer);
    }
    return 0;
}
