/* drv.profiles/1: the named kinds of volume a backend offers ("gold"). A driver without it takes no profile
 * but the empty one. since 1.0 */
#ifndef DROVER_EXT_PROFILES_H
#define DROVER_EXT_PROFILES_H

#include "drover/abi/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRV_EXT_PROFILES "drv.profiles/1"

typedef struct drv_profile {
    uint32_t struct_size, reserved;
    uint64_t flags;      /* DRV_PROFILE_DEFAULT */
    drv_str name;        /* what drv_create_req.profile may hold; compared byte for byte */
    drv_str description; /* one line for people */
    const drv_kv *attrs; /* "media", "tier", "thin", "encrypted", "pool" and the vendor's own */
    uint64_t attr_count;
} drv_profile;
enum { DRV_PROFILE_DEFAULT = 1 /* what a volume without a profile gets; at most one */ };

typedef struct drv_profile_sink {
    uint32_t struct_size, reserved;
    void *data;
    drv_status (*emit)(void *data, const drv_profile *); /* [in-call] not DRV_OK: stop and return that code */
} drv_profile_sink;

typedef struct drv_profiles_v1 {
    uint32_t struct_size, reserved;

    /* [op] Emits every profile, in the order people should see. Changes nothing. Create, clone and retype
     * accept exactly these names, and the empty one, and refuse others with INVALID; the message names those
     * that there are. A volume keeps its profile's name when the profile is gone. */
    drv_status (*list)(drv_instance *, const drv_call *, const drv_profile_sink *);
} drv_profiles_v1;

#ifdef __cplusplus
}
#endif
#endif
