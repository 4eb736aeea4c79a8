/* drv.clone/1: a new volume from a volume, without a snapshot in between that people would see. since 1.0 */
#ifndef DROVER_EXT_CLONE_H
#define DROVER_EXT_CLONE_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_CLONE "drv.clone/1"

enum {
    /* In drv_create_req.flags of `clone`: the clone must not depend on its source when the op returns, so
     * that the source can be destroyed. Without it the driver chooses, and destroy of the source may answer
     * CONFLICT. */
    DRV_CLONE_INDEPENDENT = 1
};

typedef struct drv_clone_v1 {
    uint32_t struct_size, reserved;

    /* [op] Makes the new volume with the source's data as of one instant during the call, and emits it once.
     * The source may be attached and in use; what it shares with the clone is the driver's business.
     * Idempotency, profile, pool and size as drv_ops_v1.create: the new volume that exists is emitted with
     * the data it had; made from another source, or not as a clone: EXISTS. Its `parent` is source_id.
     * Profile and pool empty: the driver's choice, not the source's. `bytes` 0 or at least the source's
     * (smaller: INVALID); what is beyond the source reads as zero if DRV_CAP_ZEROED. NOT_FOUND: no such
     * source. CONFLICT: the source cannot be cloned now, or not into that pool. NO_SPACE. May take hours;
     * reports progress. Interrupted: the new volume is absent or complete, or CREATING until the same clone
     * again completes it or destroy removes it. */
    drv_status (*clone)(drv_instance *, const drv_call *, drv_str source_id, const drv_create_req *,
                        const drv_volume_sink *);
} drv_clone_v1;

#ifdef __cplusplus
}
#endif
#endif
