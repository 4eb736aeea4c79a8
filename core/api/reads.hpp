// The routes that change nothing, by their operationId.
#pragma once

namespace drover {
struct ApiCall;
}

namespace drover::api {

void list_volumes(const ApiCall &call);
void get_volume(const ApiCall &call);
void list_snapshots(const ApiCall &call); // of all volumes or of one
void get_snapshot(const ApiCall &call);
void list_drivers(const ApiCall &call);
void get_qos(const ApiCall &call);
void list_unmanaged(const ApiCall &call);
void list_unmanaged_snapshots(const ApiCall &call);
void list_profiles(const ApiCall &call);
void get_driver_stats(const ApiCall &call);
void list_groups(const ApiCall &call);
void get_group(const ApiCall &call);
void list_group_snapshots(const ApiCall &call); // of all groups or of one
void get_group_snapshot(const ApiCall &call);
void check_node(const ApiCall &call);
void list_operations(const ApiCall &call);
void get_operation(const ApiCall &call);
void get_health(const ApiCall &call);
void get_metrics(const ApiCall &call);

} // namespace drover::api
