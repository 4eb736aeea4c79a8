/* drv.manage/1: take volumes and snapshots that the backend already has under management, and let them go
 * again without deleting them. since 1.0 */
#ifndef DROVER_EXT_MANAGE_H
#define DROVER_EXT_MANAGE_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_MANAGE "drv.manage/1"

typedef struct drv_adopt_req {
    uint32_t struct_size, reserved;
    uint64_t flags;     /* no bits are defined; an unknown bit: DRV_E_INVALID */
    drv_str backend_id; /* which object, as list_unmanaged emitted it */
    drv_str id, name;   /* the id and name it gets */
    drv_str volume_id;  /* adopt_snapshot: the managed volume it belongs to; otherwise empty */
} drv_adopt_req;

/* All [op], all mandatory; the rules at drv_ops_v1 hold. */
typedef struct drv_manage_v1 {
    uint32_t struct_size, reserved;

    /* Emits what the backend has and we do not manage, with empty `id`; an object that cannot be adopted has
     * an attribute "refused" that says why. Paged as drv_ops_v1.list. Changes nothing. */
    drv_status (*list_unmanaged)(drv_instance *, const drv_call *, const drv_list_req *,
                                 const drv_volume_sink *);

    /* Gives the object the id, without touching its data, and emits it. The same pair again: emits it.
     * EXISTS: the id is another object's. CONFLICT: the object is managed under another id, or in use by a
     * node we do not know. NOT_FOUND. */
    drv_status (*adopt)(drv_instance *, const drv_call *, const drv_adopt_req *, const drv_volume_sink *);

    /* Forgets the volume, keeps its data, emits it as list_unmanaged would. Not managed: NOT_FOUND. CONFLICT:
     * attached, or has managed snapshots. */
    drv_status (*release)(drv_instance *, const drv_call *, drv_str id, uint64_t flags,
                          const drv_volume_sink *);

    /* The same three for snapshots of a managed volume (volume_id empty: of all). */
    drv_status (*list_unmanaged_snapshots)(drv_instance *, const drv_call *, drv_str volume_id,
                                           const drv_list_req *, const drv_volume_sink *);
    drv_status (*adopt_snapshot)(drv_instance *, const drv_call *, const drv_adopt_req *,
                                 const drv_volume_sink *);
    drv_status (*release_snapshot)(drv_instance *, const drv_call *, drv_str id, uint64_t flags,
                                   const drv_volume_sink *);
} drv_manage_v1;

#ifdef __cplusplus
}
#endif
#endif
