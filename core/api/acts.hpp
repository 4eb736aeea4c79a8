// The routes that change something, by their operationId.
#pragma once

namespace drover {
struct ApiCall;
}

namespace drover::api {

void create_volume(const ApiCall &call);
void remove_volume(const ApiCall &call);
void mount_volume(const ApiCall &call);
void unmount_volume(const ApiCall &call);
void extend_volume(const ApiCall &call);
void create_snapshot(const ApiCall &call);
void remove_snapshot(const ApiCall &call);
void revert(const ApiCall &call);
void retype_volume(const ApiCall &call);
void set_qos(const ApiCall &call);
void adopt_volume(const ApiCall &call);
void release_volume(const ApiCall &call);
void adopt_snapshot(const ApiCall &call);
void release_snapshot(const ApiCall &call);
void create_group(const ApiCall &call);
void change_group(const ApiCall &call);
void remove_group(const ApiCall &call);
void create_group_snapshot(const ApiCall &call);
void remove_group_snapshot(const ApiCall &call);
void fence_node(const ApiCall &call);
void reload_driver(const ApiCall &call);

} // namespace drover::api
