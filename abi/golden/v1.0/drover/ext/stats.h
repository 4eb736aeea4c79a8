/* drv.stats/1: counters of volumes and pools, for monitoring. since 1.0 */
#ifndef DROVER_EXT_STATS_H
#define DROVER_EXT_STATS_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_STATS "drv.stats/1"

/* Ops, bytes and latencies are sums since some start the backend chose; they only grow, until `epoch` changes
 * (the backend restarted its counters). DRV_UNKNOWN where the backend does not count. */
typedef struct drv_stats {
    uint32_t struct_size, reserved;
    uint64_t flags;         /* no bits are defined */
    drv_str id;             /* the volume's id, or the pool's name */
    uint64_t taken_unix_ns; /* when the backend read them: nanoseconds since 1970 UTC */
    uint64_t epoch;         /* any number; another one: counters began anew */
    uint64_t read_ops, write_ops;
    uint64_t read_bytes, write_bytes;
    uint64_t read_latency_ns_sum, write_latency_ns_sum; /* of all those ops together: divide by them */
    uint64_t used_bytes;                                /* what is taken on the backend, after reduction */
    uint64_t provisioned_bytes;                         /* volume: its size. Pool: of all volumes in it */
    uint64_t total_bytes;                               /* volume: its size. Pool: its capacity */
    uint64_t saved_permille; /* physical per thousand logical bytes after reduction; 1000 is none */
    const drv_kv *attrs;     /* further counters, as decimal digits */
    uint64_t attr_count;
} drv_stats;

typedef struct drv_stats_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data, const drv_stats *);  /* [in-call] not DRV_OK: stop and return that code */
    drv_status (*next_page)(void *data, drv_str token); /* [in-call] at most once, last, by `volumes` only */
} drv_stats_sink;

/* All [op], all mandatory; they change nothing, and the rules at drv_ops_v1 hold. */
typedef struct drv_stats_v1 {
    uint32_t struct_size, reserved;

    /* Emits those of one volume, once. NOT_FOUND: no such volume. */
    drv_status (*volume)(drv_instance *, const drv_call *, drv_str id, const drv_stats_sink *);

    /* Emits those of every managed volume; paged as drv_ops_v1.list. */
    drv_status (*volumes)(drv_instance *, const drv_call *, const drv_list_req *, const drv_stats_sink *);

    /* Emits those of every pool that volumes may be made in. */
    drv_status (*pools)(drv_instance *, const drv_call *, const drv_stats_sink *);
} drv_stats_v1;

#ifdef __cplusplus
}
#endif
#endif
