/* drv.snapshot/1: point-in-time copies of a volume, on the same backend. since 1.0
 *
 * A snapshot never changes. It is described by a drv_volume with DRV_VOLUME_SNAPSHOT set: `id` is the
 * snapshot's id, `parent` its volume's id, `bytes` the volume's size when it was taken; it is attached to no
 * node and cannot be. Its volume is not destroyed before it (drv_ops_v1.destroy: CONFLICT). Whether the data
 * is consistent is the host's business: it freezes the filesystem around `create`, which therefore should
 * take moments; what it has to copy it reports as progress. All slots are mandatory and [op]; the rules at
 * drv_ops_v1 hold. */
#ifndef DROVER_EXT_SNAPSHOT_H
#define DROVER_EXT_SNAPSHOT_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_SNAPSHOT "drv.snapshot/1"

typedef struct drv_snapshot_req {
    uint32_t struct_size, reserved;
    uint64_t flags; /* no bits are defined; an unknown bit: DRV_E_INVALID */
    drv_str volume_id;
    drv_str snapshot_id; /* the new snapshot's id, given by the host */
    drv_str name;        /* what people call it; may be empty */
    const drv_kv *attrs; /* wishes, as drv_create_req.attrs */
    uint64_t attr_count;
} drv_snapshot_req;

typedef struct drv_snapshot_v1 {
    uint32_t struct_size, reserved;

    /* Takes the snapshot and emits it once. The volume may be attached and in use: the data is that of one
     * instant during the call, and has every write that was complete before it. The same ids again: emits the
     * one that exists, with the data it had. NOT_FOUND: no such volume. EXISTS: the snapshot id belongs to
     * another volume. NO_SPACE. Interrupted: absent or complete. */
    drv_status (*create)(drv_instance *, const drv_call *, const drv_snapshot_req *, const drv_volume_sink *);

    /* Removes it. Absent: OK. CONFLICT: a clone still needs it; the message names one. Its volume and other
     * snapshots are untouched. No flag bits are defined. */
    drv_status (*destroy)(drv_instance *, const drv_call *, drv_str snapshot_id, uint64_t flags);

    /* Emits the snapshots of one volume, or of all when volume_id is empty; paged as drv_ops_v1.list. A
     * volume that does not exist has none: OK. */
    drv_status (*list)(drv_instance *, const drv_call *, drv_str volume_id, const drv_list_req *,
                       const drv_volume_sink *);

    /* Emits one snapshot, once. O(1) at the backend. NOT_FOUND is an answer. */
    drv_status (*get)(drv_instance *, const drv_call *, drv_str snapshot_id, const drv_volume_sink *);

    /* Makes a new volume with the snapshot's data and emits it once, with the snapshot's id as `parent`; may
     * take hours, reports progress. Idempotency, profile, pool and size as drv_ops_v1.create: the new volume
     * that exists is emitted with the data it has; made from another source, or not as a clone: EXISTS.
     * Profile and pool empty: the driver's choice. `bytes` 0 or at least the snapshot's (smaller: INVALID);
     * what is beyond the snapshot reads as zero if DRV_CAP_ZEROED. No flag bits are defined.
     * NOT_FOUND: no such snapshot. NO_SPACE. A clone that was interrupted is absent or complete to every
     * other op, or CREATING until the same clone again completes it or destroy removes it. */
    drv_status (*clone)(drv_instance *, const drv_call *, drv_str snapshot_id, const drv_create_req *,
                        const drv_volume_sink *);

    /* Puts the snapshot's data (and size) back into its volume, whose id and name stay. Repeating is
     * safe. CONFLICT: the volume is attached anywhere. NOT_FOUND: no such snapshot, or its volume is gone.
     * Newer snapshots survive, or the op refuses with CONFLICT. NO_SPACE. Interrupted: the volume has its old
     * data, or is not READY until the same revert again completes it. No flag bits are defined. */
    drv_status (*revert)(drv_instance *, const drv_call *, drv_str snapshot_id, uint64_t flags);
} drv_snapshot_v1;

#ifdef __cplusplus
}
#endif
#endif
