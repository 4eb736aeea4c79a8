/* drv.retype/1: give a volume another profile or pool. since 1.0 */
#ifndef DROVER_EXT_RETYPE_H
#define DROVER_EXT_RETYPE_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_RETYPE "drv.retype/1"

enum {
    /* Data may be copied. Without it a change that needs a copy answers CONFLICT. */
    DRV_RETYPE_MAY_MIGRATE = 1
};

typedef struct drv_retype_req {
    uint32_t struct_size, reserved;
    uint64_t flags;        /* DRV_RETYPE_*; an unknown bit: DRV_E_INVALID */
    drv_str id;            /* the volume */
    drv_str profile, pool; /* empty: keep what it has */
} drv_retype_req;

typedef struct drv_retype_v1 {
    uint32_t struct_size, reserved;

    /* [op] Changes the volume in place and emits it once. It may be attached; its id, data, size, connection,
     * wwid and snapshots stay. Has that shape already: emits it. INVALID: unknown profile or pool. NOT_FOUND.
     * CONFLICT: needs a copy and may not, or cannot be done while attached; the message says which. NO_SPACE.
     * May take hours; reports progress. Interrupted: old or new shape to every other op, never between; the
     * same retype again goes on or begins anew. */
    drv_status (*retype)(drv_instance *, const drv_call *, const drv_retype_req *, const drv_volume_sink *);
} drv_retype_v1;

#ifdef __cplusplus
}
#endif
#endif
