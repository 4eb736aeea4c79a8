// The loader's test drivers: extensions, lifecycle and descriptor. A FIXTURE_* define makes the variant (see
// CMakeLists.txt); the `good` one misbehaves on request, see fixture_ops.cpp.
#include "drover/ext/clone.h"
#include "drover/ext/extend.h"
#include "drover/ext/profiles.h"
#include "drover/ext/qos.h"
#include "drover/ext/snapshot.h"
#include "fixture_ops.hpp"

namespace {

using namespace fixture;

drv_status snapshot_create(drv_instance *self, const drv_call *call, const drv_snapshot_req *request,
                           const drv_volume_sink *sink) {
    fault_in("snapshot.create", self, call);
    if (view(request->snapshot_id).substr(0, 5) == "block")
        return block(call);
    drv_volume v = volume(request->snapshot_id);
    v.flags = DRV_VOLUME_SNAPSHOT;
    v.parent = request->volume_id;
    return sink->emit(sink->data, &v);
}
drv_status snapshot_destroy(drv_instance *self, const drv_call *call, drv_str, uint64_t) {
    fault_in("snapshot.destroy", self, call);
    return DRV_OK;
}
drv_status snapshot_list(drv_instance *self, const drv_call *call, drv_str, const drv_list_req *request,
                         const drv_volume_sink *sink) {
    fault_in("snapshot.list", self, call);
    return emit_rows(self, request, sink);
}
// "snap-of-X" is a snapshot of X.
drv_status snapshot_get(drv_instance *self, const drv_call *call, drv_str id, const drv_volume_sink *sink) {
    fault_in("snapshot.get", self, call);
    if (view(id).substr(0, 8) != "snap-of-")
        return failing(call, DRV_E_NOT_FOUND, "no such snapshot");
    drv_volume v = volume(id);
    v.flags = DRV_VOLUME_SNAPSHOT;
    v.parent = text(view(id).substr(8));
    return sink->emit(sink->data, &v);
}
drv_status snapshot_clone(drv_instance *self, const drv_call *call, drv_str source,
                          const drv_create_req *request, const drv_volume_sink *sink) {
    fault_in("snapshot.clone", self, call);
    if (view(request->id).substr(0, 5) == "block")
        return block(call);
    drv_volume v = volume(request->id);
    v.parent = source;
    return sink->emit(sink->data, &v);
}
drv_status snapshot_revert(drv_instance *self, const drv_call *call, drv_str, uint64_t) {
    fault_in("snapshot.revert", self, call);
    return DRV_OK;
}

drv_status clone(drv_instance *self, const drv_call *call, drv_str, const drv_create_req *request,
                 const drv_volume_sink *sink) {
    fault_in("clone", self, call);
    const drv_volume v = volume(request->id);
    return sink->emit(sink->data, &v);
}

drv_status extend(drv_instance *self, const drv_call *call, drv_str id, uint64_t bytes, uint64_t,
                  const drv_volume_sink *sink) {
    fault_in("extend", self, call);
    drv_volume v = volume(id);
    v.bytes = bytes;
    return sink->emit(sink->data, &v);
}

drv_status list_profiles(drv_instance *self, const drv_call *call, const drv_profile_sink *sink) {
    fault_in("profiles", self, call);
    drv_profile p{};
    p.struct_size = sizeof p;
    p.flags = DRV_PROFILE_DEFAULT;
    p.name = text("gold");
    p.description = text("the fast one");
    return sink->emit(sink->data, &p);
}

// One set of limits for all volumes.
constexpr uint64_t kLimits = DRV_QOS_MAX_IOPS | DRV_QOS_MAX_BYTES_PER_SECOND;
drv_status qos_supported(drv_instance *, const drv_call *, uint64_t *limits) {
    *limits = kLimits;
    return DRV_OK;
}
drv_status qos_get(drv_instance *self, const drv_call *, drv_str, drv_qos *out) {
    out->limits = self->limits;
    out->max_iops = self->max_iops;
    return DRV_OK;
}
drv_status qos_set(drv_instance *self, const drv_call *call, drv_str, const drv_qos *limits) {
    if ((limits->limits & ~kLimits) != 0)
        return failing(call, DRV_E_UNSUPPORTED, "this array has no lower limits");
    self->limits = limits->limits;
    self->max_iops = limits->max_iops;
    return DRV_OK;
}
drv_status qos_clear(drv_instance *self, const drv_call *, drv_str) {
    self->limits = 0;
    return DRV_OK;
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
const drv_clone_v1 kClone = {sizeof(drv_clone_v1), 0, clone};
const drv_extend_v1 kExtend = {sizeof(drv_extend_v1), 0, extend};
const drv_profiles_v1 kProfiles = {sizeof(drv_profiles_v1), 0, list_profiles};
const drv_qos_v1 kQos = {sizeof(drv_qos_v1), 0, qos_supported, qos_get, qos_set, qos_clear};

const void *extension(drv_instance *self, drv_str id) {
    const string_view how = config(self, "snapshots");
    if (view(id) == DRV_EXT_SNAPSHOT && how != "none")
        return how == "short" ? &kShortSnapshots : how == "hollow" ? &kHollowSnapshots : &kSnapshots;
    if (view(id) == DRV_EXT_CLONE && config(self, "faulty").substr(0, 5) == "clone") // only to be faulty
        return &kClone;
    if (view(id) == DRV_EXT_EXTEND)
        return &kExtend;
    if (view(id) == DRV_EXT_PROFILES)
        return &kProfiles;
    if (view(id) == DRV_EXT_QOS && config(self, "opening") == "with-qos")
        return &kQos;
    return nullptr;
}

drv_status open_instance(const drv_host_v1 *host, const drv_call *call, drv_instance **out) {
    auto *self = new drv_instance{};
    self->host = host;
    const string_view how = config(self, "opening");
    if (is_fault(how))
        (void)fault(how, self, call);
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
    fault_in("close", self, nullptr);
    self->host->log(self->host, DRV_LOG_INFO, text("closed"));
    delete self;
}

const drv_config_key kKeys[] = {
#ifdef FIXTURE_EVERY_KEY
    {text("free-text"), text("any \"text\": it may hold # and '"), text("- a: 'b' #c\t\xC3\xA4"),
     DRV_KEY_STRING, 0},
    {text("number"), text(""), text("5"), DRV_KEY_U64, 0},
    {text("flag"), text("is it so?"), text("true"), DRV_KEY_BOOL, 0},
    {text("bytes"), text("a unit"), text("4096"), DRV_KEY_BYTES, 0},
    {text("words"),
     text("Some words, with a long help that does not fit on one line of a file that people read "
          "in a terminal of a hundred columns"),
     text("a b\nc: d\n[e, f]"), DRV_KEY_LIST, 0},
    {text("unset-number"), text("no default"), text(""), DRV_KEY_U64, 0},
    {text("unset-flag"), text("no default"), text(""), DRV_KEY_BOOL, 0},
    {text("unset-bytes"), text("no default"), text(""), DRV_KEY_BYTES, 0},
    {text("unset-words"), text("no default"), text(""), DRV_KEY_LIST, 0},
    {text("pin"), text("a secret number"), text(""), DRV_KEY_U64, DRV_KEY_SECRET},
    {text("tokens"), text("secret texts"), text(""), DRV_KEY_LIST, DRV_KEY_SECRET},
    {text("must-text"), text("it must be given"), text(""), DRV_KEY_STRING, DRV_KEY_REQUIRED},
    {text("must-number"), text("it must be given"), text(""), DRV_KEY_U64, DRV_KEY_REQUIRED},
    {text("must-words"), text("they must be given"), text(""), DRV_KEY_LIST, DRV_KEY_REQUIRED},
    {text("must-secret"), text("it must be given"), text(""), DRV_KEY_STRING,
     DRV_KEY_REQUIRED | DRV_KEY_SECRET},
#endif
    {text("listing"), text("what listings do wrong"), text(""), DRV_KEY_STRING, 0},
    {text("rows"), text("how many volumes there are"), text(""), DRV_KEY_U64, 0},
    {text("snapshots"), text("full, short, hollow or none"), text("full"), DRV_KEY_STRING, 0},
    {text("opening"), text("what open does wrong"), text(""), DRV_KEY_STRING, 0},
    {text("password"), text("a secret"), text(""), DRV_KEY_STRING, DRV_KEY_SECRET},
    {text("faulty"), text("an op, and what it does to its process"), text(""), DRV_KEY_STRING, 0},
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
