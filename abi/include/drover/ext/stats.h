/* drv.stats/1: counters of volumes and pools, for monitoring. since 1.0 */
#ifndef DROVER_EXT_STATS_H
#define DROVER_EXT_STATS_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_STATS "drv.stats/1"

/* Sums since some start the backend chose; they only grow, until `epoch` changes (the backend restarted its
 * counters). DRV_UNKNOWN where the backend does not count. */
typedef struct drv_stats {
    uint32_t struct_size, reserved;
    uint64_t flags;
    drv_str id;             /* the volume's id, or the pool's name */
    uint64_t taken_unix_ns; /* when the backend read them: nanoseconds since 1970 UTC */
    uint64_t epoch;
    uint64_t read_ops, write_ops;
    uint64_t read_bytes, write_bytes;
    uint64_t read_latency_ns_sum, write_latency_ns_sum;
    uint64_t used_bytes, provisioned_bytes, total_bytes; /* volume: total is its size. Pool: its capacity */
    uint64_t saved_permille; /* physical per logical bytes after reduction, 1000 is none */
    const drv_kv *attrs;
    uint64_t attr_count;
} drv_stats;

typedef struct drv_stats_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data, const drv_stats *);  /* [in-call] not DRV_OK: stop and return that code */
    drv_status (*next_page)(void *data, drv_str token); /* [in-call] at most once, last */
} drv_stats_sink;

/* All [op], all mandatory; they change nothing. */
typedef struct drv_stats_v1 {
    uint32_t struct_size, reserved;
    drv_status (*volume)(drv_instance *, const drv_call *, drv_str id,
                         const drv_stats_sink *); /* one; NOT_FOUND */
    drv_status (*volumes)(drv_instance *, const drv_call *, const drv_list_req *,
                          const drv_stats_sink *);                                 /* all, paged */
    drv_status (*pools)(drv_instance *, const drv_call *, const drv_stats_sink *); /* all */
} drv_stats_v1;

#ifdef __cplusplus
}
#endif
#endif
