/* Text, key/value pairs, configuration keys and results: the words the rest of the ABI is written in. */
#ifndef DROVER_ABI_TYPES_H
#define DROVER_ABI_TYPES_H

#include "drover/abi/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_UNKNOWN UINT64_MAX /* a number the backend does not report */

/* ---- Frozen types: they travel by value or in arrays, so they never grow. ---- */

/* UTF-8 text of `len` bytes. `data` is not NULL even when len is 0. In text that comes from the host,
 * data[len] is '\0'; the host does not expect that of a driver. */
typedef struct drv_str {
    const char *data;
    uint64_t len;
} drv_str;

/* One attribute. Keys are not empty; within one array each comes once, unless its comment says otherwise. A
 * reader passes over keys it does not know. */
typedef struct drv_kv {
    drv_str key, value;
} drv_kv;

/* One key that agent.yml may hold for this backend. The host refuses keys that are not declared, missing
 * required keys and values of the wrong kind before it opens the driver. */
typedef struct drv_config_key {
    drv_str name;     /* ^[a-z][a-z0-9_-]{0,62}$, unique in the driver */
    drv_str help;     /* one line, shown to people */
    drv_str fallback; /* the value when the key is absent, in the form that `config` gives for the kind;
                         empty: `config` answers DRV_E_NOT_FOUND. Always empty with a flag below */
    uint32_t kind;    /* DRV_KEY_STRING ... */
    uint32_t flags;   /* DRV_KEY_REQUIRED | DRV_KEY_SECRET */
} drv_config_key;

enum {
    DRV_KEY_STRING = 1,
    DRV_KEY_U64 = 2,   /* the driver reads decimal digits, at most UINT64_MAX */
    DRV_KEY_BOOL = 3,  /* the driver reads "true" or "false" */
    DRV_KEY_BYTES = 4, /* people write 10GiB; the driver reads decimal digits, in bytes */
    DRV_KEY_LIST = 5   /* a list of texts, or one text; the driver reads them joined by '\n' */
};
enum {
    DRV_KEY_REQUIRED = 1, /* the host does not open the backend without it */
    DRV_KEY_SECRET = 2    /* readable by `secret` only, never by `config`; never shown */
};

/* ---- Results. A code the reader does not know means DRV_E_INTERNAL. ---- */

typedef int32_t drv_status;
enum {
    DRV_OK = 0,
    DRV_E_INTERNAL = 1,    /* a bug, on either side */
    DRV_E_INVALID = 2,     /* the request can never work: bad value, unknown flag */
    DRV_E_UNSUPPORTED = 3, /* this backend cannot do that */
    DRV_E_NOT_FOUND = 4,   /* it is certain that it is not there, not merely that it was not seen */
    DRV_E_EXISTS = 5,      /* same id, different shape */
    DRV_E_CONFLICT = 6,    /* wrong state: attached, has snapshots, busy */
    DRV_E_NO_SPACE = 7,    /* the pool is full, or a quota or a count is reached */
    DRV_E_AUTH = 8,        /* the backend refused our credentials */
    DRV_E_UNREACHABLE = 9, /* the backend did not answer */
    DRV_E_DEADLINE = 10,   /* the call's deadline passed */
    DRV_E_CANCELLED = 11,  /* the caller gave up */
    DRV_E_STOPPED = 12,    /* a sink asked the driver to stop; not an error */
    DRV_E_GONE = 13        /* made by the host only: the driver's process died */
};

/* What went wrong, given to drv_call_ops.fail. All text is copied before fail returns; control characters and
 * what is no UTF-8 are replaced. */
typedef struct drv_failure {
    uint32_t struct_size;
    drv_status code;         /* not DRV_OK */
    uint64_t flags;          /* DRV_FAIL_* */
    uint64_t retry_after_ns; /* nanoseconds; 0: no advice */
    drv_str message;         /* for people: one line, what failed and why; never a secret */
    drv_str vendor_code;     /* as the backend printed it; may be empty */
} drv_failure;

enum {
    DRV_FAIL_RETRYABLE = 1,    /* the same request may work later */
    DRV_FAIL_STATE_UNKNOWN = 2 /* it may have happened: the host looks with get or resolve, then repeats.
                                  Without it a failed op has changed nothing that another op can see, where
                                  its comment does not say otherwise */
};

#ifdef __cplusplus
}
#endif
#endif
