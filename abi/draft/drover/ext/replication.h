/* drv.replication/1: keep a copy of a volume on another backend, and go over to it. A draft: not installed,
 * may still change.
 *
 * Nothing here happens by itself. The host decides who is asked to fail over, and asks the backend that shall
 * take over, which is the only one that is sure to answer then. A pair is one volume on two backends, called
 * by the same id on both; `role` says which of the two this backend has. The replica is to every other op a
 * volume with DRV_VOLUME_WRITE_PROTECTED that cannot be attached (CONFLICT), until a fail-over makes it the
 * source. All slots are mandatory and [op]; the rules at drv_ops_v1 hold. */
#ifndef DROVER_EXT_REPLICATION_H
#define DROVER_EXT_REPLICATION_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_REPLICATION "drv.replication/1"

enum { DRV_REPLICATION_SOURCE = 1, DRV_REPLICATION_REPLICA = 2 };
enum {
    DRV_REPLICATION_SYNCING = 1, /* the first copy, or catching up: the replica is of no use yet */
    DRV_REPLICATION_IN_SYNC = 2, /* as fresh as the mode promises */
    DRV_REPLICATION_BEHIND = 3,  /* usable, but older than the mode promises */
    DRV_REPLICATION_BROKEN = 4,  /* stopped by a fault; an attribute "problem" says which */
    DRV_REPLICATION_SPLIT = 5    /* both sides were written to: only fail_back chooses one */
};
enum {
    DRV_REPLICATION_ASYNC = 1, /* copies every interval_ns, or all the time */
    DRV_REPLICATION_SYNC = 2   /* a write is complete when both have it */
};

typedef struct drv_replication {
    uint32_t struct_size;
    uint32_t role;            /* DRV_REPLICATION_SOURCE ...; unknown: the host does nothing with the pair */
    uint32_t state;           /* DRV_REPLICATION_SYNCING ...; unknown: BROKEN */
    uint32_t mode;            /* DRV_REPLICATION_ASYNC ... */
    uint64_t flags;           /* no bits are defined */
    drv_str id;               /* the volume's id, on both backends */
    drv_str target;           /* where the other one is: a target's name */
    drv_str peer_backend_id;  /* the other one's backend_id there; empty: not known yet */
    uint64_t interval_ns;     /* of ASYNC; 0: all the time */
    uint64_t replica_unix_ns; /* the replica holds at least what was written until then; nanoseconds since
                                 1970 UTC, or DRV_UNKNOWN */
    uint64_t bytes_to_copy;   /* what is still to be sent, or DRV_UNKNOWN */
    const drv_kv *attrs;      /* anything else worth showing to people */
    uint64_t attr_count;
} drv_replication;

typedef struct drv_replication_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data, const drv_replication *); /* [in-call] not DRV_OK: stop and return that */
    drv_status (*next_page)(void *data, drv_str token); /* [in-call] at most once, last, by `list` only */
} drv_replication_sink;

/* Another backend that this one is paired with, by its administrator. */
typedef struct drv_replication_target {
    uint32_t struct_size;
    uint32_t modes;      /* OR of 1 << DRV_REPLICATION_ASYNC ... */
    uint64_t flags;      /* no bits are defined */
    drv_str name;        /* this backend's name for it; what drv_replication_req.target may hold */
    drv_str description; /* one line for people: its serial number, its address */
    const drv_kv *attrs;
    uint64_t attr_count;
} drv_replication_target;

typedef struct drv_replication_target_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data,
                       const drv_replication_target *); /* [in-call] not DRV_OK: stop, return that */
} drv_replication_target_sink;

typedef struct drv_replication_req {
    uint32_t struct_size;
    uint32_t mode;        /* DRV_REPLICATION_ASYNC ... */
    uint64_t flags;       /* no bits are defined; an unknown bit: DRV_E_INVALID */
    drv_str id;           /* the volume */
    drv_str target;       /* a target's name */
    uint64_t interval_ns; /* ASYNC: at most so long between two copies; 0: all the time. SYNC: 0 */
} drv_replication_req;

enum {
    /* In the flags of fail_over: the source cannot be asked; what it has not sent is lost. */
    DRV_FAIL_OVER_FORCED = 1
};

typedef struct drv_replication_v1 {
    uint32_t struct_size, reserved;

    /* Emits every target. None: OK, and replication is not possible here. Changes nothing. */
    drv_status (*targets)(drv_instance *, const drv_call *, const drv_replication_target_sink *);

    /* Begins to copy the volume to the target and emits the pair once; it does not wait for the first copy.
     * The same target, mode and interval again: emits it. Another interval: changes it. EXISTS: the volume
     * has a pair of another target or mode. INVALID: unknown target, or a mode or interval it does not take.
     * NOT_FOUND: no such volume. CONFLICT: the volume is a replica. NO_SPACE: here or there. */
    drv_status (*enable)(drv_instance *, const drv_call *, const drv_replication_req *,
                         const drv_replication_sink *);

    /* Ends the pair from the source's side and removes the replica; the volume stays as it is. Not
     * replicated, or no such volume: OK. CONFLICT: this backend has the replica; the replica is in use. No
     * flag bits are defined. */
    drv_status (*disable)(drv_instance *, const drv_call *, drv_str id, uint64_t flags);

    /* Emits one pair, from this backend's side, once; works also while the other side does not answer.
     * NOT_FOUND: the volume is not replicated, or does not exist. Changes nothing. */
    drv_status (*status)(drv_instance *, const drv_call *, drv_str id, const drv_replication_sink *);

    /* Emits every pair of this backend; paged as drv_ops_v1.list. Changes nothing. */
    drv_status (*list)(drv_instance *, const drv_call *, const drv_list_req *, const drv_replication_sink *);

    /* Makes the replica on this backend the source and emits the pair once. Without a flag: the old source is
     * made read-only and everything it has is copied first; UNREACHABLE when it cannot be asked, and then
     * nothing changes; CONFLICT when it is still attached. DRV_FAIL_OVER_FORCED: goes over to what is here,
     * at the time that the replica_unix_ns of `status` told; the caller has fenced the nodes of the old
     * source (drv.fence/1 there, or power). Is the source already: emits it. NOT_FOUND: no such replica.
     * CONFLICT: it is SYNCING and has no complete copy yet. Reports progress. */
    drv_status (*fail_over)(drv_instance *, const drv_call *, drv_str id, uint64_t flags,
                            const drv_replication_sink *);

    /* Asked of the source after a fail-over, when the other side is back: makes the other side the replica
     * again, overwriting there what the source does not have, and emits the pair once, SYNCING. Has such a
     * replica: emits it. To return to where it was, fail_over follows, there, without a flag. NOT_FOUND: no
     * such pair. CONFLICT: this backend has the replica, or the other side is attached. UNREACHABLE: the
     * other side does not answer. No flag bits are defined. */
    drv_status (*fail_back)(drv_instance *, const drv_call *, drv_str id, uint64_t flags,
                            const drv_replication_sink *);
} drv_replication_v1;

#ifdef __cplusplus
}
#endif
#endif
