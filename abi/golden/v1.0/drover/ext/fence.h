/* drv.fence/1: cut a node off. The evidence that lets another node take over its volumes. since 1.0 */
#ifndef DROVER_EXT_FENCE_H
#define DROVER_EXT_FENCE_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_FENCE "drv.fence/1"

typedef struct drv_fence_v1 {
    uint32_t struct_size, reserved;

    /* [op] Removes every mapping of node_id on this backend and returns only when the backend has confirmed
     * that no write of that node can arrive any more, also one in flight. Emits each volume that was attached
     * to it, after it was cut, as it is then: without that node. None attached, or a node the backend never
     * saw: OK, nothing emitted. Repeating is safe, and emits what was still attached. Any failure means "not
     * fenced", even when some mappings are gone: the host tries again and gives nothing to others before OK.
     * It is no ban: a later attach for that node works again, and keeping the node away is the host's
     * business. The calling node's own id: INVALID. No flag bits are defined. UNSUPPORTED: the backend cannot
     * promise it now; the message says why. */
    drv_status (*fence)(drv_instance *, const drv_call *, drv_str node_id, uint64_t flags,
                        const drv_volume_sink *);
} drv_fence_v1;

#ifdef __cplusplus
}
#endif
#endif
