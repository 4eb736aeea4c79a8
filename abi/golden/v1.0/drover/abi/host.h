/* What the host gives a driver, from the start of open until close returns. */
#ifndef DROVER_ABI_HOST_H
#define DROVER_ABI_HOST_H

#include "drover/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct drv_host_v1 drv_host_v1;
struct drv_host_v1 {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor;
    void *host_data;       /* the host's own */
    drv_str agent_version; /* such as "0.1.0" */
    drv_str backend;       /* the backend's name in agent.yml; may differ from the driver's name, and one
                              driver may be open several times, for several backends */
    drv_str node_id;       /* this node, as attach requests name it */

    /* [any] One finished line, no newline, never a secret. The host adds time and backend. */
    void (*log)(const drv_host_v1 *, int32_t level, drv_str message);

    /* [any] 0 when a line of that level would be dropped: ask before building an expensive one. */
    uint32_t (*log_enabled)(const drv_host_v1 *, int32_t level);

    /* [any] CLOCK_MONOTONIC in nanoseconds, the clock of deadline_ns. */
    uint64_t (*now_ns)(const drv_host_v1 *);

    /* [any] The checked value of a declared key, or its fallback, in the form of its kind (DRV_KEY_*). The
     * text lives until close and stays the same. DRV_E_NOT_FOUND: not configured and no fallback.
     * DRV_E_INVALID: not declared, or a secret. *value is written on DRV_OK only. */
    drv_status (*config)(const drv_host_v1 *, drv_str key, drv_str *value);

    /* [any] Calls `use` once, on this thread, with `data` and the value of a declared secret key; the buffer
     * is wiped when `use` returns, and a driver keeps no copy for longer than it needs one. The value may be
     * another one the next time. DRV_E_NOT_FOUND: not configured. DRV_E_INVALID: not declared as a secret.
     * Without DRV_OK `use` is not called. */
    drv_status (*secret)(const drv_host_v1 *, drv_str key, void *data,
                         void (*use)(void *data, drv_str value));

    /* [any] A host service by id and revision ("drv.store/1"), or NULL when this host does not offer it. The
     * same answer for the life of the instance. */
    const void *(*service)(const drv_host_v1 *, drv_str id);
};

enum {
    DRV_LOG_DEBUG = 1,
    DRV_LOG_INFO = 2,
    DRV_LOG_WARN = 3,
    DRV_LOG_ERROR = 4,
    DRV_LOG_HOST_MISBEHAVING = 5,  /* a check in the SDK found the host breaking this contract */
    DRV_LOG_DRIVER_MISBEHAVING = 6 /* a check in the SDK found its driver breaking this contract */
};

#ifdef __cplusplus
}
#endif
#endif
