/* drv.watch/1: the driver tells that something changed on the backend, so that the host need not ask for it
 * again and again. A draft: not installed, may still change.
 *
 * What is told are hints: one may be missing, come late, come twice, or be about a change that the host
 * itself made. The host believes nothing but get, list and the like, and lists everything now and then all
 * the same. */
#ifndef DROVER_EXT_WATCH_H
#define DROVER_EXT_WATCH_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_WATCH "drv.watch/1"

enum {
    DRV_WATCH_VOLUME = 1,      /* made, removed, or any field of its drv_volume is another one */
    DRV_WATCH_SNAPSHOT = 2,    /* the same of a snapshot */
    DRV_WATCH_GROUP = 3,       /* the same of a group or a group snapshot */
    DRV_WATCH_REPLICATION = 4, /* a pair's role or state; by the volume's id */
    DRV_WATCH_PROFILES = 5,    /* what drv.profiles/1 lists; no id */
    DRV_WATCH_SPACE = 6,       /* free space, by enough to matter; no id */
    DRV_WATCH_HEALTH = 7       /* the backend came, went, or takes our credentials no longer; no id */
};

/* The host's. The slots return at once: they copy, and do their work on another thread. */
typedef struct drv_watch_sink {
    uint32_t struct_size, reserved;
    void *data;

    /* [any] while watching. `kind`: DRV_WATCH_VOLUME ...; unknown to the host: passed over. `id`: the host's
     * id of the object; empty: any of that kind. Copied before it returns. */
    void (*changed)(void *data, uint32_t kind, drv_str id);

    /* [any] while watching. Hints were lost (the connection broke, a queue ran over): anything may have
     * changed. Once is enough for one gap, after it has ended. */
    void (*lost)(void *data);
} drv_watch_sink;

/* All mandatory; the rules at drv_ops_v1 hold. */
typedef struct drv_watch_v1 {
    uint32_t struct_size, reserved;

    /* [op] Begins to tell, and returns when a change made from now on will be told. The sink lives until
     * `stop` or close returns. One watch per instance: CONFLICT when there is one. `kinds`: OR of 1 <<
     * DRV_WATCH_* that the host wants; bits that the driver does not know, or cannot watch, are passed over,
     * and *watched gets those that it will tell. None of them: UNSUPPORTED. When the backend goes away later
     * the driver comes back by itself, and calls `lost`. */
    drv_status (*start)(drv_instance *, const drv_call *, uint64_t kinds, const drv_watch_sink *,
                        uint64_t *watched);

    /* [op] Ends it. No slot of the sink runs when it has returned, and none is called after. Not watching:
     * OK. close does the same by itself. Never called from a slot of the sink. */
    drv_status (*stop)(drv_instance *, const drv_call *);
} drv_watch_v1;

#ifdef __cplusplus
}
#endif
#endif
