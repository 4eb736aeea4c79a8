// Reads the layout off the headers. C++ cannot list the fields of a struct, so they are named here; that none
// is forgotten is proven by layout_test.cpp, which finds every gap.
#include "abi/tests/layout.hpp"
#include "drover/abi.h"
#include "drover/ext/clone.h"
#include "drover/ext/exec.h"
#include "drover/ext/extend.h"
#include "drover/ext/fence.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/profiles.h"
#include "drover/ext/qos.h"
#include "drover/ext/retype.h"
#include "drover/ext/snapshot.h"
#include "drover/ext/stats.h"
#include "drover/ext/store.h"
#include "drover/ext/timer.h"

#include <cstddef>
#include <type_traits>

namespace drover::abi {
namespace {

// ---- Types in words that do not depend on the compiler ----

template <class T>
struct Name;

#define NAMED(type, text)                                                                                    \
    template <>                                                                                              \
    struct Name<type> {                                                                                      \
        static std::string get() { return text; }                                                            \
    };

NAMED(void, "void")
NAMED(char, "char")
NAMED(std::int32_t, "i32")
NAMED(std::uint16_t, "u16")
NAMED(std::uint32_t, "u32")
NAMED(std::uint64_t, "u64")

template <class T>
struct Name<const T> {
    static std::string get() {
        return std::is_pointer_v<T> ? Name<T>::get() + " const" : "const " + Name<T>::get();
    }
};
template <class T>
struct Name<T *> {
    static std::string get() { return Name<T>::get() + '*'; }
};
template <class R, class... Arguments>
struct Name<R (*)(Arguments...)> {
    static std::string get() {
        std::string text;
        ((text += (text.empty() ? "" : ", ") + Name<Arguments>::get()), ...);
        return Name<R>::get() + '(' + text + ')';
    }
};

// ---- One macro for each kind of line ----

#define EXPAND(...) EXPAND_4(EXPAND_4(EXPAND_4(EXPAND_4(__VA_ARGS__))))
#define EXPAND_4(...) EXPAND_16(EXPAND_16(EXPAND_16(EXPAND_16(__VA_ARGS__))))
#define EXPAND_16(...) __VA_ARGS__
#define AGAIN_() FIELDS_
#define PARENTHESES ()
#define FIELDS_(type, field, ...)                                                                            \
    {#field, offsetof(type, field), sizeof(decltype(type::field)), Name<decltype(type::field)>::get()},      \
        __VA_OPT__(AGAIN_ PARENTHESES(type, __VA_ARGS__))
#define FIELDS(type, ...) EXPAND(FIELDS_(type, __VA_ARGS__))

#define GROWABLE(type, ...)                                                                                  \
    layout.structs.push_back(                                                                                \
        {.name = #type, .is_frozen = false, .size = sizeof(type), .fields = {FIELDS(type, __VA_ARGS__)}})
#define FROZEN(type, ...)                                                                                    \
    layout.structs.push_back(                                                                                \
        {.name = #type, .is_frozen = true, .size = sizeof(type), .fields = {FIELDS(type, __VA_ARGS__)}})
#define CONSTANT(name) layout.values.push_back({"constant", #name, std::to_string(name)})
#define TEXT(name) layout.values.push_back({"text", #name, name})
#define TYPE(name) layout.values.push_back({"type", #name, Name<name>::get()})

#define STRUCT_NAMED(type) NAMED(type, #type)

STRUCT_NAMED(drv_str)
STRUCT_NAMED(drv_kv)
STRUCT_NAMED(drv_config_key)
STRUCT_NAMED(drv_failure)
STRUCT_NAMED(drv_call)
STRUCT_NAMED(drv_call_ops)
STRUCT_NAMED(drv_volume)
STRUCT_NAMED(drv_connection)
STRUCT_NAMED(drv_caps)
STRUCT_NAMED(drv_volume_sink)
STRUCT_NAMED(drv_connection_sink)
STRUCT_NAMED(drv_create_req)
STRUCT_NAMED(drv_attach_req)
STRUCT_NAMED(drv_list_req)
STRUCT_NAMED(drv_host_v1)
STRUCT_NAMED(drv_instance)
STRUCT_NAMED(drv_ops_v1)
STRUCT_NAMED(drv_driver_v1)
STRUCT_NAMED(drv_group)
STRUCT_NAMED(drv_group_sink)
STRUCT_NAMED(drv_group_req)
STRUCT_NAMED(drv_group_snapshot_req)
STRUCT_NAMED(drv_adopt_req)
STRUCT_NAMED(drv_profile)
STRUCT_NAMED(drv_profile_sink)
STRUCT_NAMED(drv_qos)
STRUCT_NAMED(drv_retype_req)
STRUCT_NAMED(drv_snapshot_req)
STRUCT_NAMED(drv_stats)
STRUCT_NAMED(drv_stats_sink)
STRUCT_NAMED(drv_exec_req)
STRUCT_NAMED(drv_exec_sink)
STRUCT_NAMED(drv_exec_end)

void add_core_structs(Layout &layout) {
    FROZEN(drv_str, data, len);
    FROZEN(drv_kv, key, value);
    FROZEN(drv_config_key, name, help, fallback, kind, flags);
    GROWABLE(drv_failure, struct_size, code, flags, retry_after_ns, message, vendor_code);
    GROWABLE(drv_call_ops, struct_size, reserved, fail, cancelled, cancel_fd, progress);
    GROWABLE(drv_call, struct_size, reserved, deadline_ns, request_id, ops, host_data);
    GROWABLE(drv_volume, struct_size, state, flags, id, name, backend_id, pool, profile, parent, bytes,
             used_bytes, created_unix_ns, attached_nodes, attached_count, attrs, attr_count);
    GROWABLE(drv_connection, struct_size, protocol, device, wwid, lun, portals, targets, portal_count,
             auth_user, auth_secret_key, attrs, attr_count);
    GROWABLE(drv_caps, struct_size, reserved, protocols, flags, min_bytes, max_bytes, granularity_bytes,
             total_bytes, free_bytes);
    GROWABLE(drv_volume_sink, struct_size, reserved, data, emit, next_page);
    GROWABLE(drv_connection_sink, struct_size, reserved, data, emit);
    GROWABLE(drv_create_req, struct_size, reserved, flags, bytes, id, name, pool, profile, attrs, attr_count);
    GROWABLE(drv_attach_req, struct_size, reserved, flags, id, node_id, initiators, initiator_count);
    GROWABLE(drv_list_req, struct_size, reserved, flags, max_entries, page_token);
    GROWABLE(drv_host_v1, struct_size, abi_major, abi_minor, host_data, agent_version, backend, node_id, log,
             log_enabled, now_ns, config, secret, service);
    GROWABLE(drv_ops_v1, struct_size, reserved, probe, capabilities, create, destroy, attach, detach, list,
             get, resolve);
    GROWABLE(drv_driver_v1, struct_size, abi_major, abi_minor, flags, name, version, vendor, config_keys,
             config_key_count, ops, open, close, extension);
}

void add_extension_structs(Layout &layout) {
    GROWABLE(drv_clone_v1, struct_size, reserved, clone);
    GROWABLE(drv_extend_v1, struct_size, reserved, extend);
    GROWABLE(drv_fence_v1, struct_size, reserved, fence);
    GROWABLE(drv_group, struct_size, reserved, flags, id, name, backend_id, members, member_count, parent,
             created_unix_ns, attrs, attr_count);
    GROWABLE(drv_group_sink, struct_size, reserved, data, emit, next_page);
    GROWABLE(drv_group_req, struct_size, reserved, flags, id, name, add, add_count, remove, remove_count);
    GROWABLE(drv_group_snapshot_req, struct_size, reserved, flags, group_id, id, name, snapshots,
             snapshot_count);
    GROWABLE(drv_group_v1, struct_size, reserved, create, update, destroy, get, list, snapshot,
             snapshot_destroy, snapshot_list);
    GROWABLE(drv_adopt_req, struct_size, reserved, flags, backend_id, id, name, volume_id);
    GROWABLE(drv_manage_v1, struct_size, reserved, list_unmanaged, adopt, release, list_unmanaged_snapshots,
             adopt_snapshot, release_snapshot);
    GROWABLE(drv_profile, struct_size, reserved, flags, name, description, attrs, attr_count);
    GROWABLE(drv_profile_sink, struct_size, reserved, data, emit);
    GROWABLE(drv_profiles_v1, struct_size, reserved, list);
    GROWABLE(drv_qos, struct_size, reserved, limits, max_iops, min_iops, burst_iops, max_bytes_per_second);
    GROWABLE(drv_qos_v1, struct_size, reserved, supported, get, set, clear);
    GROWABLE(drv_retype_req, struct_size, reserved, flags, id, profile, pool);
    GROWABLE(drv_retype_v1, struct_size, reserved, retype);
    GROWABLE(drv_snapshot_req, struct_size, reserved, flags, volume_id, snapshot_id, name, attrs, attr_count);
    GROWABLE(drv_snapshot_v1, struct_size, reserved, create, destroy, list, get, clone, revert);
    GROWABLE(drv_stats, struct_size, reserved, flags, id, taken_unix_ns, epoch, read_ops, write_ops,
             read_bytes, write_bytes, read_latency_ns_sum, write_latency_ns_sum, used_bytes,
             provisioned_bytes, total_bytes, saved_permille, attrs, attr_count);
    GROWABLE(drv_stats_sink, struct_size, reserved, data, emit, next_page);
    GROWABLE(drv_stats_v1, struct_size, reserved, volume, volumes, pools);
}

void add_service_structs(Layout &layout) {
    GROWABLE(drv_store_v1, struct_size, reserved, get, put, erase, list);
    GROWABLE(drv_exec_req, struct_size, reserved, flags, program, arguments, argument_count, environment,
             environment_count, input);
    GROWABLE(drv_exec_sink, struct_size, reserved, data, output);
    GROWABLE(drv_exec_end, struct_size, how, code);
    GROWABLE(drv_exec_v1, struct_size, reserved, run);
    GROWABLE(drv_timer_v1, struct_size, reserved, set, cancel);
}

void add_core_values(Layout &layout) {
    TYPE(drv_status);
    TYPE(drv_entry_v1_fn);
    CONSTANT(DRV_ABI_MAJOR);
    CONSTANT(DRV_UNKNOWN);
    CONSTANT(DRV_KEY_STRING);
    CONSTANT(DRV_KEY_U64);
    CONSTANT(DRV_KEY_BOOL);
    CONSTANT(DRV_KEY_BYTES);
    CONSTANT(DRV_KEY_LIST);
    CONSTANT(DRV_KEY_REQUIRED);
    CONSTANT(DRV_KEY_SECRET);
    CONSTANT(DRV_OK);
    CONSTANT(DRV_E_INTERNAL);
    CONSTANT(DRV_E_INVALID);
    CONSTANT(DRV_E_UNSUPPORTED);
    CONSTANT(DRV_E_NOT_FOUND);
    CONSTANT(DRV_E_EXISTS);
    CONSTANT(DRV_E_CONFLICT);
    CONSTANT(DRV_E_NO_SPACE);
    CONSTANT(DRV_E_AUTH);
    CONSTANT(DRV_E_UNREACHABLE);
    CONSTANT(DRV_E_DEADLINE);
    CONSTANT(DRV_E_CANCELLED);
    CONSTANT(DRV_E_STOPPED);
    CONSTANT(DRV_E_GONE);
    CONSTANT(DRV_FAIL_RETRYABLE);
    CONSTANT(DRV_FAIL_STATE_UNKNOWN);
    CONSTANT(DRV_VOLUME_READY);
    CONSTANT(DRV_VOLUME_CREATING);
    CONSTANT(DRV_VOLUME_DELETING);
    CONSTANT(DRV_VOLUME_FAULTED);
    CONSTANT(DRV_VOLUME_SNAPSHOT);
    CONSTANT(DRV_VOLUME_WRITE_PROTECTED);
    CONSTANT(DRV_PROTO_LOCAL);
    CONSTANT(DRV_PROTO_ISCSI);
    CONSTANT(DRV_PROTO_FC);
    CONSTANT(DRV_PROTO_NVME_TCP);
    CONSTANT(DRV_CAP_THIN);
    CONSTANT(DRV_CAP_MULTI_ATTACH);
    CONSTANT(DRV_CAP_ONLINE_EXTEND);
    CONSTANT(DRV_CAP_ZEROED);
    CONSTANT(DRV_ATTACH_READ_ONLY);
    CONSTANT(DRV_LOG_DEBUG);
    CONSTANT(DRV_LOG_INFO);
    CONSTANT(DRV_LOG_WARN);
    CONSTANT(DRV_LOG_ERROR);
    CONSTANT(DRV_LOG_HOST_MISBEHAVING);
    CONSTANT(DRV_LOG_DRIVER_MISBEHAVING);
    CONSTANT(DRV_DRIVER_SERIAL);
    CONSTANT(DRV_DRIVER_ISOLATE);
}

void add_extension_values(Layout &layout) {
    TEXT(DRV_EXT_CLONE);
    CONSTANT(DRV_CLONE_INDEPENDENT);
    TEXT(DRV_EXT_EXTEND);
    TEXT(DRV_EXT_FENCE);
    TEXT(DRV_EXT_GROUP);
    TEXT(DRV_EXT_MANAGE);
    TEXT(DRV_EXT_PROFILES);
    CONSTANT(DRV_PROFILE_DEFAULT);
    TEXT(DRV_EXT_QOS);
    CONSTANT(DRV_QOS_MAX_IOPS);
    CONSTANT(DRV_QOS_MIN_IOPS);
    CONSTANT(DRV_QOS_BURST_IOPS);
    CONSTANT(DRV_QOS_MAX_BYTES_PER_SECOND);
    TEXT(DRV_EXT_RETYPE);
    CONSTANT(DRV_RETYPE_MAY_MIGRATE);
    TEXT(DRV_EXT_SNAPSHOT);
    TEXT(DRV_EXT_STATS);
    TEXT(DRV_SERVICE_STORE);
    TEXT(DRV_SERVICE_EXEC);
    TEXT(DRV_SERVICE_TIMER);
    CONSTANT(DRV_EXEC_STDOUT);
    CONSTANT(DRV_EXEC_STDERR);
    CONSTANT(DRV_EXEC_EXITED);
    CONSTANT(DRV_EXEC_KILLED);
}

} // namespace

Layout layout_now() {
    Layout layout;
    add_core_structs(layout);
    add_extension_structs(layout);
    add_service_structs(layout);
    add_core_values(layout);
    add_extension_values(layout);
    return layout;
}

} // namespace drover::abi
