/* drv.group/1: consistency groups. Volumes that are snapshotted at one instant, all or none. since 1.0 */
#ifndef DROVER_EXT_GROUP_H
#define DROVER_EXT_GROUP_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_GROUP "drv.group/1"

/* A group, or a snapshot of one. A volume is in at most one group, and is not destroyed while it is in one
 * (drv_ops_v1.destroy: CONFLICT). */
typedef struct drv_group {
    uint32_t struct_size, reserved;
    uint64_t flags;           /* no bits are defined */
    drv_str id;               /* the host's id */
    drv_str name;             /* as given at create; may be empty */
    drv_str backend_id;       /* the backend's own durable id; never empty */
    const drv_str *members;   /* volume ids; of a group snapshot: ids of the snapshots in it */
    uint64_t member_count;    /* may be 0 */
    drv_str parent;           /* of a group snapshot: the group's id; empty for a group */
    uint64_t created_unix_ns; /* nanoseconds since 1970 UTC, or DRV_UNKNOWN */
    const drv_kv *attrs;      /* anything else worth showing to people */
    uint64_t attr_count;
} drv_group;

typedef struct drv_group_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data, const drv_group *);  /* [in-call] not DRV_OK: stop and return that code */
    drv_status (*next_page)(void *data, drv_str token); /* [in-call] at most once, last */
} drv_group_sink;

typedef struct drv_group_req {
    uint32_t struct_size, reserved;
    uint64_t flags;     /* no bits are defined; an unknown bit: DRV_E_INVALID */
    drv_str id, name;   /* id: a UUID given by the host. name: may be empty; at update it is not looked at */
    const drv_str *add; /* volume ids */
    uint64_t add_count;
    const drv_str *remove; /* volume ids, none of them in `add`; empty at create */
    uint64_t remove_count;
} drv_group_req;

typedef struct drv_group_snapshot_req {
    uint32_t struct_size, reserved;
    uint64_t flags;             /* no bits are defined */
    drv_str group_id, id, name; /* id: of the group snapshot */
    const drv_kv
        *snapshots; /* volume id -> the id its snapshot gets; exactly the group's members, each once */
    uint64_t snapshot_count;
} drv_group_snapshot_req;

/* All [op], all mandatory; the rules at drv_ops_v1 hold. */
typedef struct drv_group_v1 {
    uint32_t struct_size, reserved;

    /* Makes a group of existing volumes (maybe none) and emits it once. The same id and members again, in any
     * order: emits it. EXISTS: the id with other members. INVALID: `remove` is not empty. NOT_FOUND: a member
     * does not exist; the message names it. CONFLICT: a member cannot join (in another group, other pool).
     * NO_SPACE: more members or groups than the backend takes. */
    drv_status (*create)(drv_instance *, const drv_call *, const drv_group_req *, const drv_group_sink *);

    /* Adds and removes members, all or none, and emits the group once. Adding a member or removing a stranger
     * changes nothing, so repeating is safe. Group snapshots that exist stay as they are. NOT_FOUND: no such
     * group, or no such volume to add. INVALID: a volume in both lists. CONFLICT, NO_SPACE: as create. */
    drv_status (*update)(drv_instance *, const drv_call *, const drv_group_req *, const drv_group_sink *);

    /* Removes the group, never its volumes. Absent: OK. CONFLICT: it has group snapshots. No flag bits are
     * defined. */
    drv_status (*destroy)(drv_instance *, const drv_call *, drv_str group_id, uint64_t flags);

    /* Emits one group, or one group snapshot, once. NOT_FOUND is an answer. */
    drv_status (*get)(drv_instance *, const drv_call *, drv_str group_id, const drv_group_sink *);

    /* Emits all groups, without group snapshots; paged as drv_ops_v1.list. */
    drv_status (*list)(drv_instance *, const drv_call *, const drv_list_req *, const drv_group_sink *);

    /* Snapshots all members at one instant, all or none, and emits the group snapshot once. The members'
     * snapshots are ordinary ones to drv.snapshot/1, which may be destroyed there one by one. The same ids
     * again: emits the one that exists. EXISTS: the id, or one of the snapshots' ids, belongs to another.
     * INVALID: snapshots do not match the members. NOT_FOUND: no such group. NO_SPACE. */
    drv_status (*snapshot)(drv_instance *, const drv_call *, const drv_group_snapshot_req *,
                           const drv_group_sink *);

    /* Removes a group snapshot and its members' snapshots. Absent: OK. CONFLICT: a clone needs one of them,
     * and then none is removed. No flag bits are defined. */
    drv_status (*snapshot_destroy)(drv_instance *, const drv_call *, drv_str group_snapshot_id,
                                   uint64_t flags);

    /* Emits the group snapshots of one group, or of all when group_id is empty; paged as drv_ops_v1.list. A
     * group that does not exist has none: OK. */
    drv_status (*snapshot_list)(drv_instance *, const drv_call *, drv_str group_id, const drv_list_req *,
                                const drv_group_sink *);
} drv_group_v1;

#ifdef __cplusplus
}
#endif
#endif
