/* The headers as a C11 program sees them. */
#include "abi/tests/abi_c11.h"

#include "drover/ext/clone.h"
#include "drover/ext/exec.h"
#include "drover/ext/extend.h"
#include "drover/ext/fence.h"
#include "drover/ext/group.h"
#include "drover/ext/manage.h"
#include "drover/ext/profiles.h"
#include "drover/ext/qos.h"
#include "drover/ext/retype.h"
#include "drover/ext/snapshot.h"
#include "drover/ext/stats.h"
#include "drover/ext/store.h"
#include "drover/ext/timer.h"

#define SIZE(type)                                                                                           \
    { #type, sizeof(type) }

const struct abi_c11_size abi_c11_sizes[] = {SIZE(drv_str),
                                             SIZE(drv_kv),
                                             SIZE(drv_config_key),
                                             SIZE(drv_failure),
                                             SIZE(drv_call_ops),
                                             SIZE(drv_call),
                                             SIZE(drv_volume),
                                             SIZE(drv_connection),
                                             SIZE(drv_caps),
                                             SIZE(drv_volume_sink),
                                             SIZE(drv_connection_sink),
                                             SIZE(drv_create_req),
                                             SIZE(drv_attach_req),
                                             SIZE(drv_list_req),
                                             SIZE(drv_host_v1),
                                             SIZE(drv_ops_v1),
                                             SIZE(drv_driver_v1),
                                             SIZE(drv_clone_v1),
                                             SIZE(drv_extend_v1),
                                             SIZE(drv_fence_v1),
                                             SIZE(drv_group),
                                             SIZE(drv_group_sink),
                                             SIZE(drv_group_req),
                                             SIZE(drv_group_snapshot_req),
                                             SIZE(drv_group_v1),
                                             SIZE(drv_adopt_req),
                                             SIZE(drv_manage_v1),
                                             SIZE(drv_profile),
                                             SIZE(drv_profile_sink),
                                             SIZE(drv_profiles_v1),
                                             SIZE(drv_qos),
                                             SIZE(drv_qos_v1),
                                             SIZE(drv_retype_req),
                                             SIZE(drv_retype_v1),
                                             SIZE(drv_snapshot_req),
                                             SIZE(drv_snapshot_v1),
                                             SIZE(drv_stats),
                                             SIZE(drv_stats_sink),
                                             SIZE(drv_stats_v1),
                                             SIZE(drv_store_v1),
                                             SIZE(drv_exec_req),
                                             SIZE(drv_exec_sink),
                                             SIZE(drv_exec_end),
                                             SIZE(drv_exec_v1),
                                             SIZE(drv_timer_v1),
                                             {NULL, 0}};

int abi_c11_has_resolve(const drv_ops_v1 *ops) {
    return DRV_HAS(ops, drv_ops_v1, resolve);
}

int abi_c11_has_free_bytes(const drv_caps *caps) {
    return DRV_HAS(caps, drv_caps, free_bytes);
}
