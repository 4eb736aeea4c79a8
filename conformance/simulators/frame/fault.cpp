#include "conformance/simulators/frame/fault.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace drover::sim {

namespace {

namespace json = boost::json;

struct KindName {
    FaultKind kind;
    std::string_view name;
};
constexpr std::array kKinds{
    KindName{FaultKind::status, "status"},     KindName{FaultKind::delay, "delay"},
    KindName{FaultKind::drop, "drop"},         KindName{FaultKind::reset, "reset"},
    KindName{FaultKind::truncate, "truncate"}, KindName{FaultKind::garbage, "garbage"},
    KindName{FaultKind::huge, "huge"},         KindName{FaultKind::wrong_types, "wrong-types"},
    KindName{FaultKind::redirect, "redirect"}, KindName{FaultKind::expire, "expire"},
    KindName{FaultKind::pretend, "pretend"},
};

constexpr std::uint64_t kMostCount = 1'000'000'000;
constexpr std::uint64_t kMostDelayMs = 3'600'000;
constexpr std::uint64_t kMostBytes = 256U << 20U;

std::string text_of(const json::value &value, std::string_view key) {
    if (!value.is_string())
        throw std::runtime_error(fmt::format("\"{}\" of a fault is to be text", key));
    return json::value_to<std::string>(value);
}

std::uint64_t number_of(const json::value &value, std::string_view key, std::uint64_t least,
                        std::uint64_t most) {
    const bool is_number = value.is_uint64() || (value.is_int64() && value.get_int64() >= 0);
    const std::uint64_t number = is_number ? value.to_number<std::uint64_t>() : 0;
    if (!is_number || number < least || number > most) {
        throw std::runtime_error(
            fmt::format("\"{}\" of a fault is to be a number from {} to {}", key, least, most));
    }
    return number;
}

FaultKind kind_of(const std::string &name) {
    const auto *row = std::ranges::find(kKinds, name, &KindName::name);
    if (row != kKinds.end())
        return row->kind;
    std::string names;
    for (const KindName &each : kKinds)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
    throw std::runtime_error(fmt::format("a fault cannot do \"{}\"; it can do: {}", name, names));
}

Fault::When when_of(const std::string &text) {
    if (text == "before")
        return Fault::When::before;
    if (text == "after")
        return Fault::When::after;
    throw std::runtime_error(fmt::format("\"when\" of a fault is before or after, not \"{}\"", text));
}

void read_member(Fault &fault, std::string_view key, const json::value &value) {
    if (key == "do") {
        fault.kind = kind_of(text_of(value, key));
    } else if (key == "method") {
        fault.method = text_of(value, key);
    } else if (key == "path") {
        fault.path = text_of(value, key);
    } else if (key == "skip") {
        fault.skip = number_of(value, key, 0, kMostCount);
    } else if (key == "times") {
        fault.times = number_of(value, key, 0, kMostCount);
    } else if (key == "when") {
        fault.when = when_of(text_of(value, key));
    } else if (key == "delay_ms") {
        fault.delay = std::chrono::milliseconds(number_of(value, key, 0, kMostDelayMs));
    } else if (key == "status") {
        fault.status = static_cast<unsigned>(number_of(value, key, 200, 599));
    } else if (key == "body") {
        fault.body = value.is_string() ? text_of(value, key) : json::serialize(value);
    } else if (key == "content_type") {
        fault.content_type = text_of(value, key);
    } else if (key == "bytes") {
        fault.bytes = number_of(value, key, 1, kMostBytes);
    } else if (key == "headers" && value.is_object()) {
        for (const auto &header : value.get_object())
            fault.headers.emplace_back(header.key(), text_of(header.value(), header.key()));
    } else {
        throw std::runtime_error(fmt::format(
            "a fault has no \"{}\"; it has: do, method, path, skip, times, when, delay_ms, status, body, "
            "content_type, headers (an object), bytes",
            key));
    }
}

bool breaks_line(std::string_view text) {
    return text.find_first_of("\r\n") != std::string_view::npos;
}

Fault read(const json::object &text) {
    Fault fault;
    const bool has_kind = text.contains("do");
    for (const auto &member : text)
        read_member(fault, member.key(), member.value());
    if (!has_kind) {
        fault.kind =
            text.contains("status") || !text.contains("delay_ms") ? FaultKind::status : FaultKind::delay;
    }
    if (fault.kind == FaultKind::delay && fault.delay.count() == 0)
        throw std::runtime_error("a fault that delays needs \"delay_ms\"");
    if (std::ranges::any_of(
            fault.headers,
            [](const auto &each) { return breaks_line(each.first) || breaks_line(each.second); }) ||
        breaks_line(fault.content_type))
        throw std::runtime_error("a header of a fault is one line");
    // These spoil an answer, so there has to be one.
    if (fault.kind == FaultKind::truncate || fault.kind == FaultKind::wrong_types)
        fault.when = Fault::When::after;
    try {
        fault.pattern = std::regex(fault.path, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error &error) {
        throw std::runtime_error(fmt::format("\"path\" of a fault, \"{}\", is no regular expression: {}",
                                             fault.path, error.what()));
    }
    return fault;
}

json::value value_of(std::string_view text) {
    boost::system::error_code error;
    auto number = json::parse({text.data(), text.size()}, error);
    return !error && number.is_number() ? number : json::value(json::string_view(text.data(), text.size()));
}

json::object members_of(std::string_view spec) {
    json::object members;
    while (!spec.empty()) {
        const std::string_view pair = spec.substr(0, spec.find(','));
        spec.remove_prefix(std::min(spec.size(), pair.size() + 1));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos)
            throw std::runtime_error(fmt::format("\"{}\" is not key=value", pair));
        const std::string_view key = pair.substr(0, equals);
        const std::string_view value = pair.substr(equals + 1);
        const bool is_text = key == "path" || key == "body" || key == "method";
        members[json::string_view(key.data(), key.size())] =
            is_text ? json::value(json::string_view(value.data(), value.size())) : value_of(value);
    }
    return members;
}

json::value
of_another_type(const json::value &value) { // NOLINT(misc-no-recursion): parsed with limited depth
    switch (value.kind()) {
    case json::kind::object: {
        json::object out;
        for (const auto &member : value.get_object())
            out[member.key()] = of_another_type(member.value());
        return out;
    }
    case json::kind::array: {
        if (value.get_array().empty())
            return json::object();
        json::array out;
        for (const auto &item : value.get_array())
            out.push_back(of_another_type(item));
        return out;
    }
    case json::kind::string:
        return 7;
    case json::kind::null:
        return json::object{{"is", "not null"}};
    case json::kind::bool_:
        return json::array{1, 2};
    default:
        return json::string(json::serialize(value) + "x");
    }
}

std::string_view words_of(unsigned status) {
    switch (status) {
    case 401:
        return "Not authenticated.";
    case 403:
        return "Not permitted.";
    case 404:
        return "No such resource.";
    case 450:
        return "Version not supported.";
    case 503:
        return "Service unavailable.";
    default:
        return "Internal error.";
    }
}

} // namespace

Result<Fault> read_fault(const json::object &text) {
    try {
        return read(text);
    } catch (const std::exception &error) {
        return fail(Code::invalid, error.what());
    }
}

Result<Fault> parse_fault(std::string_view spec) {
    try {
        if (!spec.starts_with('{'))
            return read(members_of(spec));
        boost::system::error_code error;
        const auto value = json::parse({spec.data(), spec.size()}, error);
        if (error || !value.is_object())
            return fail(Code::invalid, fmt::format("the fault {} is no JSON object", spec));
        return read(value.get_object());
    } catch (const std::exception &error) {
        return fail(Code::invalid, error.what());
    }
}

json::object to_json(const Fault &fault) {
    json::object out{{"do", std::ranges::find(kKinds, fault.kind, &KindName::kind)->name},
                     {"method", fault.method},
                     {"path", fault.path},
                     {"skip", fault.skip},
                     {"times", fault.times},
                     {"when", fault.when == Fault::When::before ? "before" : "after"},
                     {"delay_ms", fault.delay.count()}};
    if (fault.kind == FaultKind::status) {
        out["status"] = fault.status;
        out["body"] = fault.body;
    }
    if (fault.kind == FaultKind::huge)
        out["bytes"] = fault.bytes;
    return out;
}

Reply faulty_reply(const Fault &fault, const Request &request, Response truth) {
    Reply reply{.response = std::move(truth)};
    Response &response = reply.response;
    switch (fault.kind) {
    case FaultKind::status:
        response = {.status = fault.status,
                    .body = fault.body.empty()
                                ? json::serialize(json::object{{"msg", words_of(fault.status)}})
                                : fault.body,
                    .content_type = fault.content_type};
        break;
    case FaultKind::drop:
        reply.delivery = Delivery::dropped;
        break;
    case FaultKind::reset:
        reply.delivery = Delivery::reset;
        break;
    case FaultKind::truncate:
        reply.delivery = Delivery::truncated;
        break;
    case FaultKind::garbage:
        response = {.body = "{\"name\": \"v1\", \x01\xff<html>"};
        break;
    case FaultKind::huge:
        response = {.body = "[{\"name\":\"" + std::string(fault.bytes, 'x') + "\"}]"};
        break;
    case FaultKind::wrong_types: {
        boost::system::error_code error;
        const auto value = json::parse(response.body, error);
        response.body = error ? std::string("[[]]") : json::serialize(of_another_type(value));
        break;
    }
    case FaultKind::redirect:
        response = {.status = 302, .headers = {{"Location", request.target}}};
        break;
    case FaultKind::delay:
    case FaultKind::expire:
    case FaultKind::pretend:
        break;
    }
    response.headers.insert(response.headers.end(), fault.headers.begin(), fault.headers.end());
    return reply;
}

} // namespace drover::sim
