// A driver with every method the SDK knows. Its behaviour is told by the test: `behave` runs at the start of
// each method and may throw or watch.
#pragma once

#include "drover/sdk.hpp"

#include <functional>
#include <string>
#include <vector>

namespace drv::testing {

inline constexpr drv_config_key kFullKeys[] = {
    required(string_key("address", "where the array is")),
    bytes_key("unit", "allocation unit", "512"),
    secret_key("password", "of the user"),
};

class FullDriver {
public:
    static inline std::function<void(std::string_view method, Call &call)> behave;

    static constexpr Description description() {
        return {.name = "full", .version = "1.0", .vendor = "tests", .config_keys = kFullKeys};
    }
    FullDriver(Host & /*host*/, Call &call) { act("open", call); }

    void probe(Call &call) { act("probe", call); }
    Capabilities capabilities(Call &call) {
        act("capabilities", call);
        return {.protocols = bit(Protocol::iscsi), .thin = true, .zeroed = true, .min_bytes = 7};
    }
    Volume create(Call &call, const CreateRequest &request) {
        act("create", call);
        return volume(request.id);
    }
    void destroy(Call &call, std::string_view) { act("destroy", call); }
    Connection attach(Call &call, const AttachRequest &) { return connection("attach", call); }
    void detach(Call &call, const AttachRequest &) { act("detach", call); }
    void list(Call &call, const ListRequest &request, VolumeSink &sink) {
        act("list", call);
        emit_page(call, request, sink, ids_, [&](std::string_view id) { return load(id); });
    }
    Volume get(Call &call, std::string_view id) {
        act("get", call);
        return volume(id);
    }
    Connection resolve(Call &call, const AttachRequest &) { return connection("resolve", call); }

    Volume snapshot_create(Call &call, const SnapshotRequest &request) {
        act("snapshot_create", call);
        return volume(request.snapshot_id);
    }
    void snapshot_destroy(Call &call, std::string_view) { act("snapshot_destroy", call); }
    void snapshot_list(Call &call, std::string_view, const ListRequest &, VolumeSink &) {
        act("snapshot_list", call);
    }
    Volume snapshot_get(Call &call, std::string_view id) {
        act("snapshot_get", call);
        return volume(id);
    }
    Volume snapshot_clone(Call &call, std::string_view, const CreateRequest &request) {
        act("snapshot_clone", call);
        return volume(request.id);
    }
    void snapshot_revert(Call &call, std::string_view) { act("snapshot_revert", call); }
    Volume clone(Call &call, std::string_view, const CreateRequest &request) {
        act(request.independent ? "clone independent" : "clone", call);
        return volume(request.id);
    }
    Volume extend(Call &call, std::string_view id, std::uint64_t) {
        act("extend", call);
        return volume(id);
    }
    std::vector<Profile> profiles(Call &call) {
        act("profiles", call);
        return {
            {.name = "gold", .description = "fast", .is_default = true, .attributes = {{"media", "ssd"}}}};
    }
    Group group_create(Call &call, const GroupRequest &) { return group("group_create", call); }
    Group group_update(Call &call, const GroupRequest &) { return group("group_update", call); }
    void group_destroy(Call &call, std::string_view) { act("group_destroy", call); }
    Group group_get(Call &call, std::string_view) { return group("group_get", call); }
    void group_list(Call &call, const ListRequest &, GroupSink &sink) {
        sink.emit(group("group_list", call));
    }
    Group group_snapshot(Call &call, const GroupSnapshotRequest &) { return group("group_snapshot", call); }
    void group_snapshot_destroy(Call &call, std::string_view) { act("group_snapshot_destroy", call); }
    void group_snapshot_list(Call &call, std::string_view, const ListRequest &, GroupSink &) {
        act("group_snapshot_list", call);
    }
    void list_unmanaged(Call &call, const ListRequest &, VolumeSink &) { act("list_unmanaged", call); }
    Volume adopt(Call &call, const AdoptRequest &request) {
        act("adopt", call);
        return volume(request.id);
    }
    Volume release(Call &call, std::string_view) {
        act("release", call);
        return volume("");
    }
    void list_unmanaged_snapshots(Call &call, std::string_view, const ListRequest &, VolumeSink &) {
        act("list_unmanaged_snapshots", call);
    }
    Volume adopt_snapshot(Call &call, const AdoptRequest &request) {
        act("adopt_snapshot", call);
        return volume(request.id);
    }
    Volume release_snapshot(Call &call, std::string_view) {
        act("release_snapshot", call);
        return volume("");
    }
    Volume retype(Call &call, const RetypeRequest &request) {
        act("retype", call);
        return volume(request.id);
    }
    Stats volume_stats(Call &call, std::string_view id) {
        act("volume_stats", call);
        return {.id = id, .read_ops = 3};
    }
    void list_volume_stats(Call &call, const ListRequest &, StatsSink &) { act("list_volume_stats", call); }
    void pool_stats(Call &call, StatsSink &) { act("pool_stats", call); }
    std::uint64_t qos_supported(Call &call) {
        act("qos_supported", call);
        return DRV_QOS_MAX_IOPS;
    }
    Qos qos_get(Call &call, std::string_view) {
        act("qos_get", call);
        return limits_;
    }
    void qos_set(Call &call, std::string_view, const Qos &limits) {
        act("qos_set", call);
        limits_ = limits;
    }
    void qos_clear(Call &call, std::string_view) { act("qos_clear", call); }
    void fence(Call &call, std::string_view, VolumeSink &sink) {
        act("fence", call);
        sink.emit(volume("cut"));
    }

private:
    static void act(std::string_view method, Call &call) {
        if (behave)
            behave(method, call);
    }
    static Volume volume(std::string_view id) {
        return {.id = id,
                .name = "people's name",
                .backend_id = "b1",
                .bytes = 4096,
                .attached_nodes = {"n1", "n2"}};
    }
    static std::optional<Volume> load(std::string_view id) {
        if (id == "vanished")
            return std::nullopt;
        return volume(id);
    }
    static Connection connection(std::string_view method, Call &call) {
        act(method, call);
        return {.protocol = Protocol::iscsi, .wwid = "naa", .lun = 4, .paths = {{"10.0.0.1:3260", "iqn.x"}}};
    }
    static Group group(std::string_view method, Call &call) {
        act(method, call);
        return {.id = "g", .backend_id = "bg", .members = {"v1", "v2"}};
    }

    std::vector<std::string> ids_{"a", "b", "c", "vanished", "x"};
    Qos limits_;
};

} // namespace drv::testing
