#include "conformance/simulators/frame/control.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace drover::sim {

namespace {

namespace json = boost::json;

constexpr std::int64_t kMostSeconds = 100LL * 366 * 24 * 3600; // the clock moves by no more than a century

Response answer(const json::value &value) {
    return {.body = json::serialize(value) + "\n"};
}

Response refuse(unsigned status, const std::string &words) {
    return {.status = status, .body = json::serialize(json::object{{"error", words}}) + "\n"};
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<json::object> object_of(const Request &request) {
    boost::system::error_code error;
    auto value = json::parse(request.body, error);
    if (error || !value.is_object())
        return std::nullopt;
    return std::move(value.get_object());
}

Response faults(const Controlled &it, const Request &request, const std::vector<std::string> &path) {
    if (path.size() == 3) {
        const auto id = number(path[2]);
        if (request.method != "DELETE")
            return refuse(405, "a single fault is only deleted");
        if (!id || !it.faults.disarm(*id))
            return refuse(404, "there is no such fault");
        return answer(json::object());
    }
    if (request.method == "GET")
        return answer(it.faults.list());
    if (request.method == "DELETE") {
        it.faults.disarm_all();
        return answer(json::object());
    }
    if (request.method != "POST")
        return refuse(405, "faults: GET, POST, DELETE");
    const auto text = object_of(request);
    if (!text)
        return refuse(400, "a fault is a JSON object");
    auto fault = read_fault(*text);
    if (!fault)
        return refuse(400, fault.error().message);
    return answer(json::object{{"id", it.faults.arm(std::move(*fault))}});
}

Response calls(const Controlled &it, const Request &request) {
    if (request.method == "DELETE") {
        it.journal.clear();
        return answer(json::object());
    }
    if (request.method != "GET")
        return refuse(405, "calls: GET, DELETE");
    const std::string_view since = request.parameter("since");
    const std::string_view wait = request.parameter("wait_ms");
    const auto first = since.empty() ? std::optional<std::uint64_t>(0) : number(since);
    const auto patience = wait.empty() ? std::optional<std::uint64_t>(0) : number(wait);
    if (!first || !patience || *patience > 600'000)
        return refuse(400, "since and wait_ms are numbers; wait_ms at most 600000");
    auto page = it.journal.since(*first, std::chrono::milliseconds(*patience));
    return answer(json::object{{"calls", std::move(page.calls)}, {"next", page.next}});
}

Response clock(const Controlled &it, const Request &request) {
    if (request.method == "POST") {
        const auto text = object_of(request);
        const json::value *by = text ? text->if_contains("advance_s") : nullptr;
        if (by == nullptr || text->size() != 1 || !by->is_int64() || by->get_int64() < -kMostSeconds ||
            by->get_int64() > kMostSeconds)
            return refuse(400, "move the clock with {\"advance_s\": seconds}, by at most a century");
        const std::int64_t offset = it.clock.offset_s() + by->get_int64();
        if (offset < -kMostSeconds || offset > kMostSeconds)
            return refuse(400, "the clock cannot be further than a century from the machine's");
        it.clock.set_offset_s(offset);
        it.array.clock_moved();
    } else if (request.method != "GET") {
        return refuse(405, "clock: GET, POST");
    }
    return answer(json::object{{"now", utc_text(it.clock.now())}, {"offset_s", it.clock.offset_s()}});
}

} // namespace

Response control(const Controlled &it, const Request &request) {
    const auto path = segments_of(request.path);
    const std::string what = path.size() > 1 ? path[1] : "";
    if (what == "faults" && path.size() <= 3)
        return faults(it, request, path);
    if (path.size() == 2 && what == "calls")
        return calls(it, request);
    if (path.size() == 2 && what == "clock")
        return clock(it, request);
    if (path.size() == 2 && what == "state" && request.method == "GET")
        return answer(it.array.state());
    if (path.size() == 2 && what == "sessions" && request.method == "DELETE") {
        it.array.end_sessions();
        return answer(json::object());
    }
    if (path.size() == 2 && what == "settings" && request.method == "POST") {
        const auto text = object_of(request);
        if (!text)
            return refuse(400, "settings are a JSON object");
        if (auto done = it.array.set(*text); !done)
            return refuse(400, done.error().message);
        return answer(json::object());
    }
    return refuse(
        404,
        "there is: GET, POST, DELETE /sim/faults; DELETE /sim/faults/ID; GET, DELETE /sim/calls; GET, POST "
        "/sim/clock; GET /sim/state; DELETE /sim/sessions; POST /sim/settings");
}

} // namespace drover::sim
