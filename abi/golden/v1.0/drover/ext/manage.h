/* drv.manage/1: take volumes and snapshots that the backend already has under management, and let them go
 * again without deleting them. "Managed" means: has an id that the host gave it. since 1.0 */
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

    /* Emits the volumes that the backend has and we do not manage, with empty `id`; one that cannot be
     * adopted has an attribute "refused" that says why. Paged as drv_ops_v1.list. Changes nothing. */
    drv_status (*list_unmanaged)(drv_instance *, const drv_call *, const drv_list_req *,
                                 const drv_volume_sink *);

    /* Gives the volume the id and the name, without touching its data, and emits it once. It may be attached
     * to nodes that we know, and stays so. The same pair again: emits it. EXISTS: the id is another volume's.
     * CONFLICT: it is managed under another id, in use by a node we do not know, or cannot be adopted.
     * NOT_FOUND: no volume has this backend_id. INVALID: volume_id is not empty. */
    drv_status (*adopt)(drv_instance *, const drv_call *, const drv_adopt_req *, const drv_volume_sink *);

    /* Forgets the volume's id, keeps its data, and emits it once as list_unmanaged would. No volume has the
     * id, also since it was released before: NOT_FOUND. CONFLICT: attached, in a group, or has managed
     * snapshots. No flag bits are defined. */
    drv_status (*release)(drv_instance *, const drv_call *, drv_str id, uint64_t flags,
                          const drv_volume_sink *);

    /* The same three for snapshots of managed volumes, emitted with DRV_VOLUME_SNAPSHOT and their volume's id
     * as `parent`. list_unmanaged_snapshots: of one volume, or of all when volume_id is empty; a volume that
     * does not exist has none: OK. */
    drv_status (*list_unmanaged_snapshots)(drv_instance *, const drv_call *, drv_str volume_id,
                                           const drv_list_req *, const drv_volume_sink *);

    /* As adopt; also NOT_FOUND: no volume has the id volume_id. CONFLICT: the snapshot is another volume's.
     */
    drv_status (*adopt_snapshot)(drv_instance *, const drv_call *, const drv_adopt_req *,
                                 const drv_volume_sink *);

    /* As release. CONFLICT: a managed clone needs it. */
    drv_status (*release_snapshot)(drv_instance *, const drv_call *, drv_str id, uint64_t flags,
                                   const drv_volume_sink *);
} drv_manage_v1;

#ifdef __cplusplus
}
#endif
#endif
