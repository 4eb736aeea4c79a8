// Calls of a container engine: the first byte says which, the rest is the body. Refused with one line in Err,
// or carried out with a name and options that are what they must be.
#include "core/docker/create_options.hpp"
#include "core/docker/front.hpp"
#include "core/docker/request.hpp"
#include "fuzz/check.hpp"
#include "fuzz/wire/still_service.hpp"
#include "fuzz/wire/wire.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace {

using namespace drover;
using fuzz::require;

constexpr std::string_view kCalls[] = {
    "/VolumeDriver.Create", "/VolumeDriver.Mount", "/VolumeDriver.Unmount",
    "/VolumeDriver.Remove", "/VolumeDriver.Get",   "/VolumeDriver.Path",
    "/VolumeDriver.List",   "/Plugin.Activate",    "/VolumeDriver.Capabilities",
};

// It becomes a folder's name and a part of names on arrays.
bool is_harmless(const std::string &name) {
    return !name.empty() && name.size() <= 255 && name.front() != '.' && name.front() != '-' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '.' || c == '-';
           });
}

void check_spec(const VolumeSpec &spec) {
    require(!spec.bytes || *spec.bytes > 0, "a size is more than nothing");
    require(spec.fstype.empty() || spec.fstype == "ext4" || spec.fstype == "xfs", "a filesystem is known",
            spec.fstype);
    require(!spec.root.mode || *spec.root.mode <= 07777, "a mode has permission bits only");
    // chown(2) takes it for "leave it".
    require(spec.root.uid != 0xffffffffU && spec.root.gid != 0xffffffffU, "an owner is somebody");
    require(!spec.source || !spec.source->volume.empty(), "a source has a name");
    require(!spec.source ||
                (spec.source->kind == VolumeSource::Kind::snapshot) == !spec.source->snapshot.empty(),
            "a source that is a snapshot names it");
}

// False: it is refused.
bool check_decoding(std::string_view body, bool is_create) {
    const auto request = parse_docker_request(body);
    if (!request) {
        fuzz::require_message(request.error().message);
        return false;
    }
    require(is_harmless(request->name), "a name is harmless", request->name);
    require(request->id.size() <= 255, "an id is short", request->id);
    VolumeSpec spec;
    const auto applied = apply_create_options(request->options, spec);
    if (!applied) {
        fuzz::require_message(applied.error().message);
        return !is_create;
    }
    check_spec(spec);
    return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0 || size > fuzz::kWireBodyBytes)
        return 0;
    const std::string_view call = kCalls[data[0] % std::size(kCalls)];
    const std::string_view body = fuzz::text_of(data + 1, size - 1);
    const bool has_body = data[0] % std::size(kCalls) < 6;
    const bool is_good = check_decoding(body, call == kCalls[0]) || !has_body;

    static fuzz::StillService service;
    static DockerFront *front = nullptr;
    static fuzz::Wire wire(
        [](const http::Request &request, const http::Responder &to) { front->handle(request, to); },
        DockerFront::error_response);
    if (front == nullptr)
        front = new DockerFront(service, wire.loop(), {.backend = "gold"});
    const auto exchange = wire.exchange(fuzz::request_text("POST", call, body), size + 512);
    require(exchange.requests.size() == 1 && exchange.requests[0].body == body,
            "a body arrives as it was sent");
    const auto answers = fuzz::read_answers(exchange.answers, exchange.requests);
    require(answers.size() == 1 && answers[0].status == 200, "the engine gets one answer, and always 200");
    boost::system::error_code error;
    const auto value = boost::json::parse(answers[0].body, error);
    require(!error && value.is_object(), "an answer is a JSON object", answers[0].body);
    const auto *text = value.get_object().if_contains("Err");
    require(text != nullptr || !has_body, "an answer has an Err", answers[0].body);
    if (text == nullptr)
        return 0;
    const std::string err(text->as_string());
    require(err.empty() || fuzz::is_one_line(err), "Err is one line", err);
    require(is_good || !err.empty(), "what is refused is not carried out", body);
    return 0;
}
