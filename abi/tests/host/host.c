#include "abi/tests/host/host.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- Text and canaries ---- */

drv_str text_of(const char *text) {
    const drv_str result = {text, strlen(text)};
    return result;
}
bool equals(drv_str text, const char *other) {
    return text.len == strlen(other) && memcmp(text.data, other, text.len) == 0;
}

static void copy(drv_str from, char to[TEXT_SIZE]) {
    const size_t len = from.len < TEXT_SIZE - 1 ? (size_t)from.len : TEXT_SIZE - 1;
    memcpy(to, from.data, len);
    to[len] = '\0';
}

void canary_fill(unsigned char canary[CANARY_SIZE]) {
    memset(canary, 0xA5, CANARY_SIZE);
}
bool canary_lives(const unsigned char canary[CANARY_SIZE]) {
    for (size_t i = 0; i < CANARY_SIZE; ++i) {
        if (canary[i] != 0xA5)
            return false;
    }
    return true;
}

/* ---- The host table ---- */

static void host_log(const drv_host_v1 *host, int32_t level, drv_str message) {
    (void)host;
    (void)printf("  log %d: %.*s\n", (int)level, (int)message.len, message.data);
}
static uint32_t host_log_enabled(const drv_host_v1 *host, int32_t level) {
    (void)host;
    return level >= DRV_LOG_INFO;
}

static uint64_t monotonic_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
static uint64_t host_now_ns(const drv_host_v1 *host) {
    (void)host;
    return monotonic_ns();
}

static drv_status host_config(const drv_host_v1 *host, drv_str key, drv_str *value) {
    const struct settings *settings = host->host_data;
    for (uint64_t i = 0; i < settings->driver->config_key_count; ++i) {
        const drv_config_key *declared = &settings->driver->config_keys[i];
        if (declared->name.len != key.len || memcmp(declared->name.data, key.data, key.len) != 0)
            continue;
        if ((declared->flags & DRV_KEY_SECRET) != 0)
            return DRV_E_INVALID;
        for (size_t each = 0; each < settings->count; ++each) {
            if (equals(key, settings->all[each].key)) {
                *value = text_of(settings->all[each].value);
                return DRV_OK;
            }
        }
        if (declared->fallback.len == 0)
            return DRV_E_NOT_FOUND;
        *value = declared->fallback; /* constant text, which the driver wrote as a literal */
        return DRV_OK;
    }
    return DRV_E_INVALID;
}

static drv_status host_secret(const drv_host_v1 *host, drv_str key, void *data,
                              void (*use)(void *, drv_str)) {
    (void)host;
    (void)key;
    (void)data;
    (void)use;
    return DRV_E_NOT_FOUND;
}
static const void *host_service(const drv_host_v1 *host, drv_str id) {
    (void)host;
    (void)id;
    return NULL;
}

void host_init(struct guarded_host *host, struct settings *settings) {
    memset(host, 0, sizeof *host);
    canary_fill(host->canary);
    host->table.struct_size = sizeof host->table;
    host->table.abi_major = DRV_ABI_MAJOR;
    host->table.abi_minor = DRV_ABI_MINOR;
    host->table.host_data = settings;
    host->table.agent_version = text_of("0.1.0");
    host->table.backend = text_of("plain");
    host->table.node_id = text_of("plain-host");
    host->table.log = host_log;
    host->table.log_enabled = host_log_enabled;
    host->table.now_ns = host_now_ns;
    host->table.config = host_config;
    host->table.secret = host_secret;
    host->table.service = host_service;
}

/* ---- Calls ---- */

static drv_status call_fail(const drv_call *raw, const drv_failure *failure) {
    struct call *call = raw->host_data;
    call->failed_with = failure->code;
    copy(failure->message, call->message);
    return failure->code;
}
static uint32_t call_cancelled(const drv_call *raw) {
    return monotonic_ns() >= raw->deadline_ns;
}
static int32_t call_cancel_fd(const drv_call *raw) {
    (void)raw;
    return -1;
}
static void call_progress(const drv_call *raw, uint32_t permille, drv_str stage) {
    (void)raw;
    (void)permille;
    (void)stage;
}
static const drv_call_ops call_ops = {.struct_size = sizeof call_ops,
                                      .reserved = 0,
                                      .fail = call_fail,
                                      .cancelled = call_cancelled,
                                      .cancel_fd = call_cancel_fd,
                                      .progress = call_progress};

void call_init(struct call *call, bool is_late) {
    memset(call, 0, sizeof *call);
    call->is_well_formed = true;
    call->raw.struct_size = sizeof call->raw;
    call->raw.deadline_ns = is_late ? monotonic_ns() - 1 : monotonic_ns() + UINT64_C(30000000000);
    call->raw.request_id = text_of("plain");
    call->raw.ops = &call_ops;
    call->raw.host_data = call;
}

static drv_status emit_volume(void *data, const drv_volume *volume) {
    struct call *call = data;
    if (!DRV_HAS(volume, drv_volume, attr_count)) {
        call->is_well_formed = false;
        return DRV_OK;
    }
    copy(volume->id, call->id);
    copy(volume->parent, call->parent);
    call->bytes = volume->bytes;
    call->flags = volume->flags;
    call->state = volume->state;
    call->attached_count = volume->attached_count;
    if (call->volumes < MAX_IDS)
        copy(volume->id, call->ids[call->volumes]);
    ++call->volumes;
    return DRV_OK;
}
static drv_status next_page(void *data, drv_str token) {
    struct call *call = data;
    call->has_more = true;
    copy(token, call->next_page);
    return DRV_OK;
}
static drv_status emit_connection(void *data, const drv_connection *connection) {
    struct call *call = data;
    if (!DRV_HAS(connection, drv_connection, attr_count)) {
        call->is_well_formed = false;
        return DRV_OK;
    }
    copy(connection->device, call->device);
    copy(connection->wwid, call->wwid);
    call->protocol = connection->protocol;
    ++call->connections;
    return DRV_OK;
}

drv_volume_sink volume_sink(struct call *call) {
    const drv_volume_sink sink = {
        .struct_size = sizeof sink, .reserved = 0, .data = call, .emit = emit_volume, .next_page = next_page};
    return sink;
}
drv_connection_sink connection_sink(struct call *call) {
    const drv_connection_sink sink = {
        .struct_size = sizeof sink, .reserved = 0, .data = call, .emit = emit_connection};
    return sink;
}
