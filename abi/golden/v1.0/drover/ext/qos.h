/* drv.qos/1: limits on what a volume may take of the backend. since 1.0 */
#ifndef DROVER_EXT_QOS_H
#define DROVER_EXT_QOS_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_QOS "drv.qos/1"

/* Which limits: bits of drv_qos.limits and of what `supported` answers. */
enum { DRV_QOS_MAX_IOPS = 1, DRV_QOS_MIN_IOPS = 2, DRV_QOS_BURST_IOPS = 4, DRV_QOS_MAX_BYTES_PER_SECOND = 8 };

/* Operations and bytes per second, reads and writes together. A value counts only when its bit is set in
 * `limits`; a set bit's value is at least 1. */
typedef struct drv_qos {
    uint32_t struct_size, reserved;
    uint64_t limits; /* DRV_QOS_*; an unknown bit: DRV_E_INVALID */
    uint64_t max_iops, min_iops, burst_iops;
    uint64_t max_bytes_per_second;
} drv_qos;

/* All [op], all mandatory; the rules at drv_ops_v1 hold. */
typedef struct drv_qos_v1 {
    uint32_t struct_size, reserved;

    /* Writes the limits this backend has to *limits, as DRV_QOS_* bits. Changes nothing, and stays the same.
     */
    drv_status (*supported)(drv_instance *, const drv_call *, uint64_t *limits);

    /* Fills *out (the host zeroes it and sets struct_size) with the volume's limits; none: `limits` is 0.
     * Changes nothing. NOT_FOUND. */
    drv_status (*get)(drv_instance *, const drv_call *, drv_str id, drv_qos *out);

    /* Makes exactly these limits the volume's, all or none; limits without a bit are cleared. Repeating
     * changes nothing. A backend that rounds reports with `get` what it has made of them. UNSUPPORTED: a
     * limit the backend has not. INVALID: a value it does not take; the message names the range. NOT_FOUND.
     */
    drv_status (*set)(drv_instance *, const drv_call *, drv_str id, const drv_qos *);

    /* Removes all limits. None there: OK. NOT_FOUND. */
    drv_status (*clear)(drv_instance *, const drv_call *, drv_str id);
} drv_qos_v1;

#ifdef __cplusplus
}
#endif
#endif
