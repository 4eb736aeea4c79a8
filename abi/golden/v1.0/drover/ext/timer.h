/* drv.timer/1: a host service. Calls the driver back later, without a thread of the driver's own. since 1.0
 *
 * For what comes back now and then: a session to be kept alive, a cache to be dropped.
 * `host->service(host, DRV_SERVICE_TIMER)` gives the table, which lives until close returns. Every function
 * is given that same host. */
#ifndef DROVER_EXT_TIMER_H
#define DROVER_EXT_TIMER_H

#include "drover/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_SERVICE_TIMER "drv.timer/1"

typedef struct drv_timer_v1 {
    uint32_t struct_size, reserved;

    /* [any] Has `fire` called with `data` once, at or soon after `when_ns` (CLOCK_MONOTONIC, as now_ns; what
     * has passed already means at once), and writes the timer's number, which is not 0 and never used again.
     * `fire` runs on a thread of the host, beside ops (also of a driver with DRV_DRIVER_SERIAL), one timer of
     * an instance after the other in the order of their times; so it does not block for long. It may set and
     * cancel timers, and throws nothing. NO_SPACE: 1024 timers are set. CANCELLED: close has begun, or open
     * has failed. INTERNAL: the host can start no thread. *timer is written on DRV_OK only.
     *
     * The host calls none before open has returned OK, and takes all away before it calls close: one that
     * runs then is waited for, one that has not begun never begins. */
    drv_status (*set)(const drv_host_v1 *, uint64_t when_ns, void *data, void (*fire)(void *data),
                      uint64_t *timer);

    /* [any] When it returns, the timer's `fire` does not run and will not; one that runs is waited for,
     * except by itself. So not under a lock that `fire` takes. OK: it will never be called. NOT_FOUND: it was
     * called, or there is no such timer. */
    drv_status (*cancel)(const drv_host_v1 *, uint64_t timer);
} drv_timer_v1;

#ifdef __cplusplus
}
#endif
#endif
