/* What every op receives: its deadline, its cancellation, its progress and the place for its error. */
#ifndef DROVER_ABI_CALL_H
#define DROVER_ABI_CALL_H

#include "drover/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct drv_call drv_call;

typedef struct drv_call_ops {
    uint32_t struct_size, reserved;

    /* [in-call] Records why the op fails and returns failure->code, so that a driver writes
     * `return call->ops->fail(call, &failure);`. Called more than once, the last one wins. An op that returns
     * an error without it is reported with the code's own general text. */
    drv_status (*fail)(const drv_call *, const drv_failure *);

    /* [in-call] 1 when the op should end: the caller gave up, or the deadline passed. Cheap enough for inner
     * loops. */
    uint32_t (*cancelled)(const drv_call *);

    /* [in-call] A descriptor that becomes readable when `cancelled` turns 1, for use in poll(), or -1 when
     * there is none. The host owns it: the driver neither reads nor closes it. */
    int32_t (*cancel_fd)(const drv_call *);

    /* [in-call] How far a long op is: 0 to 1000, and what it is doing. Any rate; the host thins it out. */
    void (*progress)(const drv_call *, uint32_t permille, drv_str stage);
} drv_call_ops;

/* One call. Lives until the op returns; a driver keeps no pointer to it. An op must not block past its
 * deadline without looking at `cancelled` or `cancel_fd`; an op that ends for that reason answers
 * DRV_E_DEADLINE or DRV_E_CANCELLED, with DRV_FAIL_STATE_UNKNOWN when a change may already have reached the
 * backend. A call whose deadline has passed when it arrives changes nothing. An op that got done in spite of
 * both answers DRV_OK. */
struct drv_call {
    uint32_t struct_size, reserved;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC, in nanoseconds; UINT64_MAX for none */
    drv_str request_id;   /* the same text on every retry of one request; may be empty. For logs and the
                             backend's own idempotency keys; the ids in the request decide what is the same */
    const drv_call_ops *ops;
    void *host_data; /* the host's own */
};

#ifdef __cplusplus
}
#endif
#endif
