/* drv.store/1: a host service. A few small values for each backend that outlive the driver. since 1.0
 *
 * For tokens and hints: what would have to be asked of the backend again, such as a session that may still be
 * good, or where a long listing was. What volumes are belongs to the backend: other nodes have another store,
 * and people may throw this one away, so a driver works, if more slowly, when it is empty. No secrets: the
 * values lie in files of the agent's user, as they are.
 *
 * `host->service(host, DRV_SERVICE_STORE)` gives the table; NULL on a host that keeps nothing, such as one
 * that only tries a driver. The table lives until close returns. Every function is given that same host.
 *
 * A key is ^[a-z0-9][a-z0-9._-]{0,127}$. A value is any bytes, at most 65536. There are at most 1024 keys.
 * Two instances of one backend, also in two processes while a driver is being replaced, see one store. */
#ifndef DROVER_EXT_STORE_H
#define DROVER_EXT_STORE_H

#include "drover/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_SERVICE_STORE "drv.store/1"

/* All [any], all there. They block as long as the host's disk takes, with no deadline: not for the way of
 * every op. All may answer INVALID for what is no key, and INTERNAL when the host's disk fails; the host then
 * logs what is wrong with it. */
typedef struct drv_store_v1 {
    uint32_t struct_size, reserved;

    /* Calls `use` once, on this thread, with `data` and the value, whose bytes live until `use` returns.
     * NOT_FOUND: no such key. Without DRV_OK `use` is not called. */
    drv_status (*get)(const drv_host_v1 *, drv_str key, void *data, void (*use)(void *data, drv_str value));

    /* Makes it the key's value. Durable when it returns OK; whatever happens before, a later `get` gives the
     * old value or this one, whole. Of two puts at a time one is the last. INVALID: too long. NO_SPACE: too
     * many keys, or the disk is full. On an error the old value stays, or (INTERNAL) either may. */
    drv_status (*put)(const drv_host_v1 *, drv_str key, drv_str value);

    /* Takes the key away, durably. Absent: OK. */
    drv_status (*erase)(const drv_host_v1 *, drv_str key);

    /* Calls `use` for each key that begins with `prefix` (empty: all), in the order of their bytes, on this
     * thread; the text lives until `use` returns. 0 from `use` ends it, which is OK. Keys that come or go
     * meanwhile may be missed. `use` may call the store. */
    drv_status (*list)(const drv_host_v1 *, drv_str prefix, void *data,
                       uint32_t (*use)(void *data, drv_str key));
} drv_store_v1;

#ifdef __cplusplus
}
#endif
#endif
