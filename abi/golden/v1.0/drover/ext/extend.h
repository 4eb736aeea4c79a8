/* drv.extend/1: make a volume larger. Nothing in this ABI ever makes one smaller. since 1.0 */
#ifndef DROVER_EXT_EXTEND_H
#define DROVER_EXT_EXTEND_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_EXTEND "drv.extend/1"

typedef struct drv_extend_v1 {
    uint32_t struct_size, reserved;

    /* [op] Grows the volume to at least `bytes`, rounded up to the granularity, and emits it once with its
     * new size. Already that large, or larger: emits it unchanged. Old data stays, new space reads as zero if
     * DRV_CAP_ZEROED; connection and wwid stay. INVALID: over max_bytes, or an unknown flag (none is
     * defined). NOT_FOUND. NO_SPACE. CONFLICT: attached and not DRV_CAP_ONLINE_EXTEND. The host rescans the
     * device (DRV_PROTO_LOCAL: the driver has told the device before it returns) and grows the filesystem.
     * Interrupted: old or new size, and the same extend again completes it. Snapshots keep their size. */
    drv_status (*extend)(drv_instance *, const drv_call *, drv_str id, uint64_t bytes, uint64_t flags,
                         const drv_volume_sink *);
} drv_extend_v1;

#ifdef __cplusplus
}
#endif
#endif
