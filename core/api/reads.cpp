#include "core/api/reads.hpp"

#include "core/api/call.hpp"
#include "core/api/json_views.hpp"
#include "core/http/timestamp.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace drover::api {

namespace json = boost::json;

namespace {

template <typename View>
void answer(const ApiCall &call, const Result<View> &view) {
    call.responder.respond(view ? json_response(to_json(*view)) : error_response(view.error()));
}

// For what is asked of a driver.
OperationOptions asking(const ApiCall &call) {
    OperationOptions options = call.options();
    options.deadline = Deadline::after(call.front->options.ask_limit);
    return options;
}

// A misspelt backend is an error, not an empty list.
bool is_backend(const ApiCall &call, const std::string &name) {
    if (name.empty())
        return true;
    std::vector<std::string> known;
    for (const BackendView &backend : call.service().backends())
        known.push_back(backend.name);
    if (std::find(known.begin(), known.end(), name) != known.end())
        return true;
    call.responder.respond(error_response(
        {.code = Code::not_found,
         .message = fmt::format("there is no such backend; there are {}", fmt::join(known, ", "))}));
    return false;
}

} // namespace

void list_volumes(const ApiCall &call) {
    const std::string backend = call.query("backend");
    if (is_backend(call, backend))
        call.responder.respond(json_response(list_to_json("volumes", call.service().list(backend))));
}

void get_volume(const ApiCall &call) {
    answer(call, call.service().get(call.volume()));
}

void list_snapshots(const ApiCall &call) {
    const auto views = call.service().snapshots(call.parent());
    call.responder.respond(views ? json_response(list_to_json("snapshots", *views))
                                 : error_response(views.error()));
}

void get_snapshot(const ApiCall &call) {
    answer(call, call.service().snapshot(call.path("snapshot"), call.parent()));
}

void list_drivers(const ApiCall &call) {
    call.responder.respond(json_response(list_to_json("drivers", call.service().backends())));
}

void get_qos(const ApiCall &call) {
    call.service().limits(
        call.volume(), asking(call), [responder = call.responder](const Result<LimitsView> &limits) {
            responder.respond(limits ? json_response(to_json(*limits)) : error_response(limits.error()));
        });
}

namespace {
Done<std::vector<UnmanagedView>> answer_unmanaged(const ApiCall &call) {
    return [responder = call.responder](const Result<std::vector<UnmanagedView>> &views) {
        responder.respond(views ? json_response(list_to_json("unmanaged", *views))
                                : error_response(views.error()));
    };
}
} // namespace

void list_unmanaged(const ApiCall &call) {
    const std::string backend = call.query("backend");
    if (is_backend(call, backend))
        call.service().unmanaged(backend, asking(call), answer_unmanaged(call));
}

void list_unmanaged_snapshots(const ApiCall &call) {
    call.service().unmanaged_snapshots(call.volume(), asking(call), answer_unmanaged(call));
}

void list_profiles(const ApiCall &call) {
    const std::string backend = call.query("backend");
    if (!is_backend(call, backend))
        return;
    call.service().profiles(
        backend, asking(call), [responder = call.responder](const Result<std::vector<Profile>> &profiles) {
            responder.respond(profiles ? json_response(list_to_json("profiles", *profiles))
                                       : error_response(profiles.error()));
        });
}

void get_driver_stats(const ApiCall &call) {
    const std::string backend = call.path("driver");
    if (!is_backend(call, backend))
        return;
    OperationOptions options = call.options();
    options.deadline = Deadline::after(call.front->options.ask_limit);
    call.service().pool_stats(backend, std::move(options),
                              [responder = call.responder](const Result<std::vector<BackendStats>> &pools) {
                                  responder.respond(pools ? json_response(list_to_json("pools", *pools))
                                                          : error_response(pools.error()));
                              });
}

void list_groups(const ApiCall &call) {
    call.responder.respond(json_response(list_to_json("groups", call.service().groups())));
}

void get_group(const ApiCall &call) {
    answer(call, call.service().group(call.path("group")));
}

void list_group_snapshots(const ApiCall &call) {
    const auto views = call.service().group_snapshots(call.path("group"));
    call.responder.respond(views ? json_response(list_to_json("group_snapshots", *views))
                                 : error_response(views.error()));
}

void get_group_snapshot(const ApiCall &call) {
    answer(call, call.service().group_snapshot(call.path("group"), call.path("snapshot")));
}

void check_node(const ApiCall &call) {
    call.service().node_check(
        asking(call), [responder = call.responder](const Result<std::vector<NodeFinding>> &findings) {
            responder.respond(findings ? json_response(list_to_json("findings", *findings))
                                       : error_response(findings.error()));
        });
}

void list_operations(const ApiCall &call) {
    call.responder.respond(json_response(list_to_json("operations", call.service().operations())));
}

void get_health(const ApiCall &call) {
    json::array backends;
    bool is_well = true;
    for (const BackendView &backend : call.service().backends()) {
        is_well = is_well && backend.state == "ready";
        backends.push_back({{"name", backend.name},
                            {"state", backend.state},
                            {"error", backend.error ? backend.error->message : std::string()}});
    }
    const ApiOptions &options = call.front->options;
    json::object health{{"status", is_well ? "ok" : "degraded"},
                        {"version", options.version},
                        {"node_id", call.service().node_id()},
                        {"cluster_id", call.service().cluster_id()},
                        {"started_at", nullptr},
                        {"backends", std::move(backends)}};
    if (options.started_unix_ns != 0)
        health["started_at"] = http::rfc3339(options.started_unix_ns);
    call.responder.respond(json_response(health));
}

void get_metrics(const ApiCall &call) {
    call.responder.respond({.content_type = "text/plain; version=0.0.4; charset=utf-8",
                            .body = call.front->metrics.text(call.service())});
}

} // namespace drover::api
