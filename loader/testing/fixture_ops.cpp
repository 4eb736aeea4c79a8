// The core ops of the loader's test driver. They store nothing: every id exists, and an id, a node or the
// configuration says what is to go wrong.
#include "fixture_ops.hpp"

#include <algorithm>
#include <cstdio>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace fixture {

static void use_secret(void *to, drv_str value) {
    static_cast<std::string *>(to)->assign(value.data, value.len);
}

drv_status probe(drv_instance *self, const drv_call *call) {
    fault_in("probe", self, call);
#ifdef FIXTURE_THROWS
    throw std::runtime_error("a driver must not throw");
#endif
    return self->most_running > 1 ? DRV_E_CONFLICT : DRV_OK;
}

drv_status capabilities(drv_instance *self, const drv_call *call, drv_caps *caps) {
    fault_in("capabilities", self, call);
    caps->protocols = 1ULL << DRV_PROTO_LOCAL | 1ULL << DRV_PROTO_FC | 1ULL << 40;
    caps->flags = DRV_CAP_THIN | DRV_CAP_ZEROED;
    caps->max_bytes = DRV_UNKNOWN;
    caps->granularity_bytes = 4096;
    caps->total_bytes = 1000;
    caps->free_bytes = DRV_UNKNOWN;
    return DRV_OK;
}

drv_status create(drv_instance *self, const drv_call *call, const drv_create_req *request,
                  const drv_volume_sink *sink) {
    fault_in("create", self, call);
    if (is_fault(view(request->id)))
        return fault(view(request->id), self, call);
    if (view(request->id).substr(0, 5) == "block")
        return block(call);
    if (view(request->id) == "nothing")
        return DRV_OK;
    if (view(request->id) == "silent-internal")
        return DRV_E_INTERNAL;
    if (view(request->id) == "progress") {
        for (uint32_t i = 0; i <= 1000; ++i)
            call->ops->progress(call, i, text("copying"));
    }
    drv_volume v = volume(request->id);
    v.name = request->name;
    v.bytes = request->bytes;
    v.attrs = request->attrs;
    v.attr_count = request->attr_count;
    return sink->emit(sink->data, &v);
}

drv_status destroy(drv_instance *self, const drv_call *call, drv_str id, uint64_t flags) {
    fault_in("destroy", self, call);
    if (is_fault(view(id)))
        return fault(view(id), self, call);
    if (flags != 0)
        return DRV_E_INVALID;
    return view(id).substr(0, 7) == "blocked" ? block(call) : DRV_OK;
}

static drv_status emit_connection(const drv_attach_req *request, const drv_connection_sink *sink) {
    const string_view node = view(request->node_id);
    const drv_str portals[] = {text("10.0.0.1:3260"), text("10.0.0.2:3260")};
    const drv_str targets[] = {text("iqn.a"), text("iqn.b")};
    drv_connection c{};
    c.struct_size = sizeof c;
    c.protocol = node == "unknown-protocol" ? 9U : uint32_t{DRV_PROTO_ISCSI};
    c.device = text("");
    c.wwid = text(node == "empty-wwid" ? "" : "naa.1");
    c.lun = 7;
    c.portals = node == "null-portals" ? nullptr : portals;
    c.targets = targets;
    c.portal_count = 2;
    c.auth_user = c.auth_secret_key = text("");
    if (node == "no-connection")
        return DRV_OK;
    drv_status status = sink->emit(sink->data, &c);
    if (node == "two-connections")
        status = sink->emit(sink->data, &c);
    return status;
}

drv_status attach(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                  const drv_connection_sink *sink) {
    fault_in("attach", self, call);
    if (is_fault(view(request->id)))
        return fault(view(request->id), self, call);
    return emit_connection(request, sink);
}
drv_status detach(drv_instance *self, const drv_call *call, const drv_attach_req *request) {
    fault_in("detach", self, call);
    return is_fault(view(request->id)) ? fault(view(request->id), self, call) : drv_status{DRV_OK};
}
drv_status resolve(drv_instance *self, const drv_call *call, const drv_attach_req *request,
                   const drv_connection_sink *sink) {
    fault_in("resolve", self, call);
    if (is_fault(view(request->id)))
        return fault(view(request->id), self, call);
    return emit_connection(request, sink);
}

// What goes wrong with the record of an id of that name.
static void spoil(string_view how, drv_volume &v) {
    if (how == "short-record")
        v.struct_size = 16;
    if (how == "null-text")
        v.backend_id = {nullptr, 5};
    if (how == "huge-text")
        v.name = {"x", 1ULL << 40};
    if (how == "bad-utf8")
        v.pool = text("caf\xE9");
    if (how == "no-backend-id")
        v.backend_id = text("");
    if (how == "wrong-id")
        v.id = text("somebody-else");
    if (how == "weird-state")
        v.state = 99;
    if (how == "null-attrs")
        v.attr_count = 2;
    if (how == "huge-nodes") {
        v.attached_nodes = &v.id;
        v.attached_count = 1ULL << 40;
    }
}

static drv_status fail_as(string_view how, drv_instance *self, const drv_call *call) {
    if (how == "missing")
        return failing(call, DRV_E_NOT_FOUND, "no volume \"missing\" on the array", 0, "ERR-404");
    if (how == "silent")
        return DRV_E_NOT_FOUND;
    if (how == "unknown-code")
        return 77;
    if (how == "negative-code")
        return -5;
    if (how == "stopped")
        return DRV_E_STOPPED;
    if (how == "mismatch") {
        failing(call, DRV_E_CONFLICT, "the pool is full", DRV_FAIL_RETRYABLE | DRV_FAIL_STATE_UNKNOWN);
        return DRV_E_NO_SPACE;
    }
    if (how == "two-fails") {
        failing(call, DRV_E_AUTH, "first");
        return failing(call, DRV_E_UNREACHABLE, "second");
    }
    if (how == "fail-with-ok")
        return failing(call, DRV_OK, "failed with success");
    if (how == "null-failure")
        return call->ops->fail(call, nullptr);
    if (how == "dirty-text")
        return failing(call, DRV_E_INVALID, "line one\nline \xFF two\t");
    if (how == "leaky") {
        std::string message = "login with ";
        std::string secret;
        self->host->secret(self->host, text("password"), &secret, use_secret);
        message += secret + " was refused";
        self->host->log(self->host, DRV_LOG_WARN, text(message));
        return failing(call, DRV_E_AUTH, message);
    }
    return DRV_OK;
}

drv_status get(drv_instance *self, const drv_call *call, drv_str id, const drv_volume_sink *sink) {
    fault_in("get", self, call);
    const string_view how = view(id);
    ++self->calls;
    const int running = ++self->running;
    for (int most = self->most_running;
         most < running && !self->most_running.compare_exchange_weak(most, running);) {
    }
    if (how == "yield")
        sched_yield();
    drv_status status = how == "block" ? block(call) : fail_as(how, self, call);
    if (is_fault(how))
        status = fault(how, self, call);
    std::string answer;
    if (is_service(how))
        status = use_service(how, self, call, answer);
    if (status == DRV_OK && how != "nothing") {
        if (how == "ok-after-fail")
            failing(call, DRV_E_INTERNAL, "never mind");
        drv_volume v = volume(id);
        spoil(how, v);
        const bool terminated =
            id.data[id.len] == '\0' && call->request_id.data[call->request_id.len] == '\0';
        const std::string process = std::to_string(getpid());
        const drv_kv attrs[] = {{text("request"), call->request_id},
                                {text("terminated"), text(terminated ? "yes" : "no")},
                                {text("process"), text(process)},
                                {text("answer"), text(answer)}};
        if (v.attr_count == 0) {
            v.attrs = attrs;
            v.attr_count = is_service(how) ? 4 : how == "who" ? 3 : 2;
        }
        status = sink->emit(sink->data, how == "null-record" ? nullptr : &v);
        if (how == "twice")
            status = sink->emit(sink->data, &v);
        if (how == "token")
            status = sink->next_page(sink->data, text("more"));
        if (how == "swallows" || how == "twice-ok")
            status = DRV_OK;
    }
    --self->running;
    return status;
}

drv_status emit_rows(drv_instance *self, const drv_list_req *request, const drv_volume_sink *sink) {
    const string_view how = config(self, "listing");
    const string_view wanted = config(self, "rows");
    const uint64_t rows = wanted.empty() ? 3 : std::stoull(std::string(wanted));
    const string_view token = view(request->page_token);
    uint64_t at = token.empty() ? 0 : std::stoull(std::string(token));
    if (how == "always-stale-of-two" && !token.empty())
        return DRV_E_INVALID;
    if (how == "stale-once-of-two" && !token.empty() && ++self->listings == 1)
        return DRV_E_INVALID;
    const bool of_two = how.size() > 7 && how.substr(how.size() - 7) == "-of-two";
    const uint64_t page = request->max_entries != 0 ? request->max_entries : of_two ? 2 : rows;
    const uint64_t end = std::min(rows, at + page);
    for (; at < end; ++at) {
        char id[64];
        std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012llu", static_cast<unsigned long long>(at));
        drv_volume v = volume(text(id));
        if (how == "bad-row")
            v.name = text("\xC3");
        if (const drv_status status = sink->emit(sink->data, &v); status != DRV_OK)
            return how == "ignores-stop" ? DRV_OK : status;
    }
    if (how == "empty-token")
        return sink->next_page(sink->data, text(""));
    if (how == "same-token" && !token.empty())
        return sink->next_page(sink->data, request->page_token);
    if (at < rows || how == "row-after-token" || how == "two-tokens") {
        const std::string next = std::to_string(at);
        drv_status status = sink->next_page(sink->data, text(next));
        const drv_volume v = volume(text("late"));
        if (how == "row-after-token")
            status = sink->emit(sink->data, &v);
        if (how == "two-tokens")
            status = sink->next_page(sink->data, text("again"));
        return status;
    }
    return DRV_OK;
}

drv_status list(drv_instance *self, const drv_call *call, const drv_list_req *request,
                const drv_volume_sink *sink) {
    fault_in("list", self, call);
    return emit_rows(self, request, sink);
}

} // namespace fixture
