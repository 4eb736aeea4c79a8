// The loader's test drivers. One source; a FIXTURE_* define makes the variant (see CMakeLists.txt), and the
// `good` one misbehaves on request: by the id or node it is asked about, and by its configuration keys. It
// stores nothing: every id exists unless its name says otherwise.
#include "drover/abi.h"
#include "drover/ext/extend.h"
#include "drover/ext/profiles.h"
#include "drover/ext/snapshot.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <poll.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <string_view>

struct drv_instance {
    const drv_host_v1 *host;
    std::atomic<int> running{0};
    std::atomic<int> most_running{0};
    std::atomic<int> calls{0};
    std::atomic<int> listings{0};
};

namespace {

using std::string_view;

drv_str text(string_view value) {
    return {value.data(), value.size()};
}
string_view view(drv_str value) {
    return {value.data, value.len};
}

string_view config(const drv_instance *self, string_view key) {
    drv_str value{};
    return self->host->config(self->host, text(key), &value) == DRV_OK ? view(value) : string_view();
}

drv_status failing(const drv_call *call, drv_status code, string_view message, uint64_t flags = 0,
                   string_view vendor_code = "") {
    drv_failure failure{};
    failure.struct_size = sizeof failure;
    failure.code = code;
    failure.flags = flags;
    failure.message = text(message);
    failure.vendor_code = text(vendor_code);
    return call->ops->fail(call, &failure);
}

drv_volume volume(drv_str id) {
    drv_volume v{};
    v.struct_size = sizeof v;
    v.state = DRV_VOLUME_READY;
    v.id = id;
    v.name = v.pool = v.profile = v.parent = text("");
    v.backend_id = text("backend-1");
    v.bytes = 4096;
    v.used_bytes = DRV_UNKNOWN;
    v.created_unix_ns = DRV_UNKNOWN;
    return v;
}

// Blocks until the call is cancelled or its deadline passes, as the ABI asks of a driver that waits.
drv_status block(const drv_call *call) {
    call->ops->progress(call, 1, text("blocking"));
    pollfd fd{call->ops->cancel_fd(call), POLLIN, 0};
    while (call->ops->cancelled(call) == 0)
        poll(&fd, 1, fd.fd < 0 ? 1 : -1);
    return failing(call, DRV_E_CANCELLED, "stopped while blocking");
}

void use_secret(void *to, drv_str value) {
    static_cast<std::string *>(to)->assign(value.data, value.len);
}

drv_status probe(drv_instance *self, const drv_call *) {
#ifdef FIXTURE_THROWS
    throw std::runtime_error("a driver must not throw");
#endif
    return self->most_running > 1 ? DRV_E_CONFLICT : DRV_OK;
}

drv_status capabilities(drv_instance *, const drv_call *, drv_caps *caps) {
    caps->protocols = 1ULL << DRV_PROTO_LOCAL | 1ULL << DRV_PROTO_FC | 1ULL << 40;
    caps->flags = DRV_CAP_THIN | DRV_CAP_ZEROED;
    caps->max_bytes = DRV_UNKNOWN;
    caps->granularity_bytes = 4096;
    caps->total_bytes = 1000;
    caps->free_bytes = DRV_UNKNOWN;
    return DRV_OK;
}

drv_status create(drv_instance *, const drv_call *call, const drv_create_req *request,
                  const drv_volume_sink *sink) {
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

drv_status destroy(drv_instance *, const drv_call *call, drv_str id, uint64_t flags) {
    if (flags != 0)
        return DRV_E_INVALID;
    return view(id).substr(0, 7) == "blocked" ? block(call) : DRV_OK;
}

drv_status emit_connection(const drv_attach_req *request, const drv_connection_sink *sink) {
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

drv_status attach(drv_instance *, const drv_call *, const drv_attach_req *request,
                  const drv_connection_sink *sink) {
    return emit_connection(request, sink);
}
drv_status detach(drv_instance *, const drv_call *, const drv_attach_req *) {
    return DRV_OK;
}
drv_status resolve(drv_instance *, const drv_call *, const drv_attach_req *request,
                   const drv_connection_sink *sink) {
    return emit_connection(request, sink);
}

// What goes wrong with the record of an id of that name.
void spoil(string_view how, drv_volume &v) {
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

drv_status fail_as(string_view how, drv_instance *self, const drv_call *call) {
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

[[maybe_unused]] drv_status get(drv_instance *self, const drv_call *call, drv_str id,
                                const drv_volume_sink *sink) {
    const string_view how = view(id);
    ++self->calls;
    const int running = ++self->running;
    for (int most = self->most_running;
         most < running && !self->most_running.compare_exchange_weak(most, running);) {
    }
    if (how == "yield")
        sched_yield();
    drv_status status = how == "block" ? block(call) : fail_as(how, self, call);
    if (status == DRV_OK && how != "nothing") {
        if (how == "ok-after-fail")
            failing(call, DRV_E_INTERNAL, "never mind");
        drv_volume v = volume(id);
        spoil(how, v);
        const bool terminated =
            id.data[id.len] == '\0' && call->request_id.data[call->request_id.len] == '\0';
        const drv_kv attrs[] = {{text("request"), call->request_id},
                                {text("terminated"), text(terminated ? "yes" : "no")}};
        if (v.attr_count == 0) {
            v.attrs = attrs;
            v.attr_count = 2;
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

drv_status list(drv_instance *self, const drv_call *, const drv_list_req *request,
                const drv_volume_sink *sink) {
    return emit_rows(self, request, sink);
}

drv_status snapshot_create(drv_instance *, const drv_call *call, const drv_snapshot_req *request,
                           const drv_volume_sink *sink) {
    if (view(request->snapshot_id).substr(0, 5) == "block")
        return block(call);
    drv_volume v = volume(request->snapshot_id);
    v.flags = DRV_VOLUME_SNAPSHOT;
    v.parent = request->volume_id;
    return sink->emit(sink->data, &v);
}
drv_status snapshot_destroy(drv_instance *, const drv_call *, drv_str, uint64_t) {
    return DRV_OK;
}
drv_status snapshot_list(drv_instance *self, const drv_call *, drv_str, const drv_list_req *request,
                         const drv_volume_sink *sink) {
    return emit_rows(self, request, sink);
}
// "snap-of-X" is a snapshot of X.
drv_status snapshot_get(drv_instance *, const drv_call *call, drv_str id, const drv_volume_sink *sink) {
    if (view(id).substr(0, 8) != "snap-of-")
        return failing(call, DRV_E_NOT_FOUND, "no such snapshot");
    drv_volume v = volume(id);
    v.flags = DRV_VOLUME_SNAPSHOT;
    v.parent = text(view(id).substr(8));
    return sink->emit(sink->data, &v);
}
drv_status snapshot_clone(drv_instance *, const drv_call *call, drv_str source, const drv_create_req *request,
                          const drv_volume_sink *sink) {
    if (view(request->id).substr(0, 5) == "block")
        return block(call);
    drv_volume v = volume(request->id);
    v.parent = source;
    return sink->emit(sink->data, &v);
}
drv_status snapshot_revert(drv_instance *, const drv_call *, drv_str, uint64_t) {
    return DRV_OK;
}

drv_status extend(drv_instance *, const drv_call *, drv_str id, uint64_t bytes, uint64_t,
                  const drv_volume_sink *sink) {
    drv_volume v = volume(id);
    v.bytes = bytes;
    return sink->emit(sink->data, &v);
}

drv_status list_profiles(drv_instance *, const drv_call *, const drv_profile_sink *sink) {
    drv_profile p{};
    p.struct_size = sizeof p;
    p.flags = DRV_PROFILE_DEFAULT;
    p.name = text("gold");
    p.description = text("the fast one");
    return sink->emit(sink->data, &p);
}

const drv_snapshot_v1 kSnapshots = {sizeof(drv_snapshot_v1), 0,
                                    snapshot_create,         snapshot_destroy,
                                    snapshot_list,           snapshot_get,
                                    snapshot_clone,          snapshot_revert};
const drv_snapshot_v1 kShortSnapshots = {sizeof(drv_snapshot_v1) - 8,
                                         0,
                                         snapshot_create,
                                         snapshot_destroy,
                                         snapshot_list,
                                         snapshot_get,
                                         snapshot_clone,
                                         snapshot_revert};
const drv_snapshot_v1 kHollowSnapshots = {
    sizeof(drv_snapshot_v1), 0, snapshot_create, snapshot_destroy, snapshot_list, snapshot_get, nullptr,
    snapshot_revert};
const drv_extend_v1 kExtend = {sizeof(drv_extend_v1), 0, extend};
const drv_profiles_v1 kProfiles = {sizeof(drv_profiles_v1), 0, list_profiles};

const void *extension(drv_instance *self, drv_str id) {
    const string_view how = config(self, "snapshots");
    if (view(id) == DRV_EXT_SNAPSHOT && how != "none")
        return how == "short" ? &kShortSnapshots : how == "hollow" ? &kHollowSnapshots : &kSnapshots;
    if (view(id) == DRV_EXT_EXTEND)
        return &kExtend;
    if (view(id) == DRV_EXT_PROFILES)
        return &kProfiles;
    return nullptr;
}

drv_status open_instance(const drv_host_v1 *host, const drv_call *call, drv_instance **out) {
    auto *self = new drv_instance{};
    self->host = host;
    const string_view how = config(self, "opening");
    if (how == "refuse" || how == "block") {
        delete self;
        return how == "block" ? block(call) : failing(call, DRV_E_AUTH, "the array refused the login");
    }
    if (how == "no-instance") {
        delete self;
        return DRV_OK;
    }
    *out = self;
    return DRV_OK;
}

void close_instance(drv_instance *self) {
    self->host->log(self->host, DRV_LOG_INFO, text("closed"));
    delete self;
}

const drv_config_key kKeys[] = {
    {text("listing"), text("what listings do wrong"), text(""), DRV_KEY_STRING, 0},
    {text("rows"), text("how many volumes there are"), text(""), DRV_KEY_U64, 0},
    {text("snapshots"), text("full, short, hollow or none"), text("full"), DRV_KEY_STRING, 0},
    {text("opening"), text("what open does wrong"), text(""), DRV_KEY_STRING, 0},
    {text("password"), text("a secret"), text(""), DRV_KEY_STRING, DRV_KEY_SECRET},
#ifdef FIXTURE_TWIN_KEY
    {text("rows"), text("again"), text(""), DRV_KEY_STRING, 0},
#endif
#ifdef FIXTURE_SERIAL
    {text("address"), text("must be given"), text(""), DRV_KEY_STRING, DRV_KEY_REQUIRED},
#endif
};

#ifdef FIXTURE_SHORT_OPS
constexpr uint32_t kOpsSize = sizeof(drv_ops_v1) - sizeof(void *);
#else
constexpr uint32_t kOpsSize = sizeof(drv_ops_v1);
#endif
#ifdef FIXTURE_NULL_SLOT
constexpr decltype(drv_ops_v1::get) kGet = nullptr;
#else
constexpr decltype(drv_ops_v1::get) kGet = get;
#endif

// What a driver of a later minor would look like: longer tables, whose tails mean nothing to this host.
struct LongerOps {
    drv_ops_v1 ops;
    uint64_t tail[4];
};
const LongerOps kOps = {
    {kOpsSize, 0, probe, capabilities, create, destroy, attach, detach, list, kGet, resolve},
    {1, 2, 3, ~0ULL}};

struct LongerDriver {
    drv_driver_v1 driver;
    uint64_t tail[4];
};
const LongerDriver kDriver = {{
#if defined(FIXTURE_NEWER)
                                  sizeof(LongerDriver),
#elif defined(FIXTURE_SHORT_DESCRIPTOR)
                                  sizeof(drv_driver_v1) - 8,
#else
                                  sizeof(drv_driver_v1),
#endif
#ifdef FIXTURE_BAD_MAJOR
                                  3,
#else
                                  DRV_ABI_MAJOR,
#endif
#ifdef FIXTURE_NEWER
                                  9,
#else
                                  DRV_ABI_MINOR,
#endif
#ifdef FIXTURE_SERIAL
                                  DRV_DRIVER_SERIAL,
#elif defined(FIXTURE_NEWER)
                                  1ULL << 63,
#else
                                  0,
#endif
#ifdef FIXTURE_BAD_NAME
                                  text("other"),
#else
                                  text(FIXTURE_NAME),
#endif
#ifdef FIXTURE_BAD_TEXT
                                  text("1.0\xFF"),
#else
                                  text("1.0"),
#endif
                                  text("Fixtures"),
                                  kKeys,
                                  sizeof kKeys / sizeof kKeys[0],
                                  &kOps.ops,
                                  open_instance,
                                  close_instance,
                                  extension,
                              },
                              {1, 2, 3, ~0ULL}};

} // namespace

extern "C" {

#ifdef FIXTURE_UNRESOLVED
int drover_fixture_that_nobody_defines(void);
#endif

#if defined(FIXTURE_NO_ENTRY)
#elif defined(FIXTURE_WRONG_MAJOR)
DRV_EXPORT const void *drv_entry_v2(void);
const void *drv_entry_v2(void) {
    return nullptr;
}
#elif defined(FIXTURE_ENTRY_IS_DATA)
DRV_EXPORT extern const int drv_entry_v1_data __asm__("drv_entry_v1");
const int drv_entry_v1_data = 1;
#else
const drv_driver_v1 *drv_entry_v1(void) {
#ifdef FIXTURE_NULL_ENTRY
    return nullptr;
#elif defined(FIXTURE_UNRESOLVED)
    return drover_fixture_that_nobody_defines() == 0 ? nullptr : &kDriver.driver;
#else
    return &kDriver.driver;
#endif
}
#endif

#ifdef FIXTURE_BOTH_MAJORS
DRV_EXPORT const void *drv_entry_v2(void);
const void *drv_entry_v2(void) {
    return nullptr;
}
#endif

#ifdef FIXTURE_MANY_EXPORTS
#define FIXTURE_EXPORT(name)                                                                                 \
    DRV_EXPORT int name(void);                                                                               \
    int name(void) {                                                                                         \
        return 0;                                                                                            \
    }
FIXTURE_EXPORT(fixture_a)
FIXTURE_EXPORT(fixture_b)
FIXTURE_EXPORT(fixture_c)
FIXTURE_EXPORT(fixture_d)
FIXTURE_EXPORT(fixture_e)
FIXTURE_EXPORT(fixture_f)
#endif

// Keeps what the variants without an entry do not use.
const void *drover_fixture_keep(void);
const void *drover_fixture_keep(void) {
    return &kDriver;
}
}
