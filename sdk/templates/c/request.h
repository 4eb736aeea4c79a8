/* What every op needs: the host's texts checked on their way in, failures as sentences with the right code,
 * and an end when the caller has given up. Nothing here knows the array. */
#ifndef REQUEST_H
#define REQUEST_H

#include "array.h"

#include <drover/abi.h>

drv_str text_of(const char *text);
bool equals(drv_str text, const char *other);

/* Copies text of the host. False when it cannot be taken: too long, no UTF-8, control characters. */
bool copy_text(drv_str from, char to[TEXT_SIZE]);
/* The same for an id of a volume or a node, which is not empty. */
bool copy_id(drv_str from, char to[TEXT_SIZE]);

/* Tells the host why the op fails, and returns the code for the op to return. `flags`: DRV_FAIL_*. */
drv_status fail(const drv_call *call, drv_status code, uint64_t flags, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
drv_status bad_id(const drv_call *call);
drv_status bad_flags(const drv_call *call, uint64_t flags);
drv_status no_memory(const drv_call *call);

/* DRV_OK, or the failure to return because the call was cancelled or its deadline is over. */
drv_status still_wanted(const drv_host_v1 *host, const drv_call *call);

#endif
