/* drv.job/1: work that goes on after its op has returned, also while no agent runs. A draft: not installed,
 * may still change.
 *
 * A clone, a retype or an extend may take hours on the backend. Without this extension its op blocks for as
 * long. With it, the op may hand over a token and return: the host writes the token down and asks for it
 * later, from the same instance or from one that is opened after a restart, even on another node.
 *
 * How an op does so: while the host offers the service DRV_SERVICE_JOBS, an op that says "reports progress"
 * may call its `accept` once, after the backend has taken the work, and then returns what accept returned,
 * without having emitted. Until the work is done, get shows the volume in the state that the op's comment
 * promises for "interrupted", and other mutating ops on it answer CONFLICT, retryable. The same op again,
 * with the same arguments, while the work goes on: accepts again, with the same token. A host that does not
 * offer the service is answered as ever, by blocking. */
#ifndef DROVER_EXT_JOB_H
#define DROVER_EXT_JOB_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_JOB "drv.job/1"

/* ---- The host's side, given by drv_host_v1.service ---- */

#define DRV_SERVICE_JOBS "drv.jobs/1"

typedef struct drv_jobs_service_v1 {
    uint32_t struct_size, reserved;

    /* [in-call] The work goes on under this token: not empty, at most 4096 bytes, the backend's own, found
     * again by it for as long as the job exists. DRV_OK: the host has it on disk, and the op returns DRV_OK.
     * Otherwise the host cannot keep it: the op goes on as if there were no service, or undoes what it began
     * and returns that code. */
    drv_status (*accept)(const drv_host_v1 *, const drv_call *, drv_str token);
} drv_jobs_service_v1;

/* ---- The driver's side ---- */

enum {
    DRV_JOB_RUNNING = 1, /* or waiting for its turn */
    DRV_JOB_DONE = 2,    /* what the op promised is so; the host takes the result from get */
    DRV_JOB_FAILED = 3,  /* it will not be done; `failure` says why, and what it made is undone */
    DRV_JOB_ABANDONED = 4
};

typedef struct drv_job {
    uint32_t struct_size;
    uint32_t state; /* DRV_JOB_RUNNING ...; unknown: FAILED */
    uint64_t flags; /* no bits are defined */
    drv_str token;
    drv_str object_id;          /* the volume, snapshot or group that it makes or changes */
    drv_str stage;              /* what it does now, for people; may be empty */
    uint64_t permille;          /* 0 to 1000, or DRV_UNKNOWN */
    uint64_t remaining_ns;      /* the backend's guess, or DRV_UNKNOWN */
    uint64_t started_unix_ns;   /* nanoseconds since 1970 UTC, or DRV_UNKNOWN */
    const drv_failure *failure; /* FAILED: why. Otherwise NULL */
} drv_job;

typedef struct drv_job_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data, const drv_job *);    /* [in-call] not DRV_OK: stop and return that code */
    drv_status (*next_page)(void *data, drv_str token); /* [in-call] at most once, last, by `list` only */
} drv_job_sink;

/* All [op], all mandatory; the rules at drv_ops_v1 hold. They run beside anything, also beside mutating ops
 * on the same volume. */
typedef struct drv_job_v1 {
    uint32_t struct_size, reserved;

    /* Emits the job as it is, once; cheap. Changes nothing. NOT_FOUND: the backend has forgotten it, which it
     * may do no sooner than a day after its end; the host then looks at the object itself. INVALID: no token
     * of this driver. */
    drv_status (*poll)(drv_instance *, const drv_call *, drv_str token, const drv_job_sink *);

    /* Waits until the job is no longer RUNNING, reporting progress, and emits it once. Ends as every op does
     * when the call is cancelled or its deadline passes, which leaves the job alone. Otherwise as poll. */
    drv_status (*wait)(drv_instance *, const drv_call *, drv_str token, const drv_job_sink *);

    /* Ends the work and undoes what it made. Ended already, in whatever way, or NOT_FOUND by poll: OK,
     * nothing is undone. CONFLICT: it can no longer be stopped, and will be DONE. */
    drv_status (*abandon)(drv_instance *, const drv_call *, drv_str token);

    /* Emits every RUNNING job that was accepted for this backend, by whatever agent, and those that ended
     * and are not forgotten; paged as drv_ops_v1.list. Changes nothing. */
    drv_status (*list)(drv_instance *, const drv_call *, const drv_list_req *, const drv_job_sink *);
} drv_job_v1;

#ifdef __cplusplus
}
#endif
#endif
