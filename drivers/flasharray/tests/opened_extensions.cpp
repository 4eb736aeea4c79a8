// The ops of OpenedDriver that are extensions.
#include "opened_driver.hpp"

namespace flasharray::testing {

namespace {

using drv::to_abi;

drv_status keep_page(void *data, drv_str token) {
    static_cast<Outcome *>(data)->next_page = std::string(drv::view_of(token));
    return DRV_OK;
}

drv_group_sink groups_into(Outcome &out) {
    return {.struct_size = sizeof(drv_group_sink),
            .reserved = 0,
            .data = &out,
            .emit = [](void *data, const drv_group *row) -> drv_status {
                auto &to = *static_cast<Outcome *>(data);
                std::vector<std::string> members;
                for (std::uint64_t i = 0; i < row->member_count; ++i)
                    members.emplace_back(drv::view_of(row->members[i]));
                to.members.push_back(std::move(members));
                to.rows += 1;
                return DRV_OK;
            },
            .next_page = &keep_page};
}

drv_stats_sink stats_into(Outcome &out) {
    return {.struct_size = sizeof(drv_stats_sink),
            .reserved = 0,
            .data = &out,
            .emit = [](void *data, const drv_stats *) -> drv_status {
                static_cast<Outcome *>(data)->rows += 1;
                return DRV_OK;
            },
            .next_page = &keep_page};
}

drv_adopt_req adopt_request(const std::string &backend_id, const std::string &id, const std::string &volume) {
    return {.struct_size = sizeof(drv_adopt_req),
            .reserved = 0,
            .flags = 0,
            .backend_id = to_abi(backend_id),
            .id = to_abi(id),
            .name = to_abi(""),
            .volume_id = to_abi(volume)};
}

} // namespace

Outcome OpenedDriver::extend(const std::string &id, std::uint64_t bytes) {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_extend_v1>(DRV_EXT_EXTEND).extend(instance_, call, to_abi(id), bytes, 0, sink);
    });
}

Outcome OpenedDriver::clone(const std::string &source, const std::string &id, std::uint64_t bytes,
                            const std::string &profile) {
    const drv_create_req request = create_request(id, bytes, profile);
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_clone_v1>(DRV_EXT_CLONE).clone(instance_, call, to_abi(source), &request, sink);
    });
}

Outcome OpenedDriver::snapshot_create(const std::string &volume, const std::string &id) {
    const drv_snapshot_req request{.struct_size = sizeof request,
                                   .reserved = 0,
                                   .flags = 0,
                                   .volume_id = to_abi(volume),
                                   .snapshot_id = to_abi(id),
                                   .name = to_abi(""),
                                   .attrs = nullptr,
                                   .attr_count = 0};
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).create(instance_, call, &request, sink);
    });
}

Outcome OpenedDriver::snapshot_destroy(const std::string &id) {
    return run([&](auto *call, auto *, auto &) {
        return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).destroy(instance_, call, to_abi(id), 0);
    });
}

Outcome OpenedDriver::snapshot_list(const std::string &volume) {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT)
            .list(instance_, call, to_abi(volume), &kAll, sink);
    });
}

Outcome OpenedDriver::snapshot_get(const std::string &id) {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).get(instance_, call, to_abi(id), sink);
    });
}

Outcome OpenedDriver::snapshot_clone(const std::string &source, const std::string &id) {
    const drv_create_req request = create_request(id, 0, "");
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT)
            .clone(instance_, call, to_abi(source), &request, sink);
    });
}

Outcome OpenedDriver::snapshot_revert(const std::string &id) {
    return run([&](auto *call, auto *, auto &) {
        return extension<drv_snapshot_v1>(DRV_EXT_SNAPSHOT).revert(instance_, call, to_abi(id), 0);
    });
}

Outcome OpenedDriver::change_group(decltype(drv_group_v1::create) drv_group_v1::*op, const std::string &id,
                                   const std::string &add, const std::string &remove) {
    const drv_str added = to_abi(add);
    const drv_str removed = to_abi(remove);
    const drv_group_req request{.struct_size = sizeof request,
                                .reserved = 0,
                                .flags = 0,
                                .id = to_abi(id),
                                .name = to_abi(""),
                                .add = &added,
                                .add_count = add.empty() ? 0U : 1U,
                                .remove = &removed,
                                .remove_count = remove.empty() ? 0U : 1U};
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = groups_into(out);
        return (extension<drv_group_v1>(DRV_EXT_GROUP).*op)(instance_, call, &request, &sink);
    });
}

Outcome OpenedDriver::group_create(const std::string &id, const std::string &member) {
    return change_group(&drv_group_v1::create, id, member, "");
}

Outcome OpenedDriver::group_update(const std::string &id, const std::string &add, const std::string &remove) {
    return change_group(&drv_group_v1::update, id, add, remove);
}

Outcome OpenedDriver::group_destroy(const std::string &id) {
    return run([&](auto *call, auto *, auto &) {
        return extension<drv_group_v1>(DRV_EXT_GROUP).destroy(instance_, call, to_abi(id), 0);
    });
}

Outcome OpenedDriver::group_get(const std::string &id) {
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = groups_into(out);
        return extension<drv_group_v1>(DRV_EXT_GROUP).get(instance_, call, to_abi(id), &sink);
    });
}

Outcome OpenedDriver::group_list() {
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = groups_into(out);
        return extension<drv_group_v1>(DRV_EXT_GROUP).list(instance_, call, &kAll, &sink);
    });
}

Outcome OpenedDriver::group_snapshot(const std::string &group, const std::string &id,
                                     const std::string &member, const std::string &snapshot) {
    const drv_kv pair{to_abi(member), to_abi(snapshot)};
    const drv_group_snapshot_req request{.struct_size = sizeof request,
                                         .reserved = 0,
                                         .flags = 0,
                                         .group_id = to_abi(group),
                                         .id = to_abi(id),
                                         .name = to_abi(""),
                                         .snapshots = &pair,
                                         .snapshot_count = 1};
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = groups_into(out);
        return extension<drv_group_v1>(DRV_EXT_GROUP).snapshot(instance_, call, &request, &sink);
    });
}

Outcome OpenedDriver::group_snapshot_destroy(const std::string &id) {
    return run([&](auto *call, auto *, auto &) {
        return extension<drv_group_v1>(DRV_EXT_GROUP).snapshot_destroy(instance_, call, to_abi(id), 0);
    });
}

Outcome OpenedDriver::group_snapshot_list(const std::string &group) {
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = groups_into(out);
        return extension<drv_group_v1>(DRV_EXT_GROUP)
            .snapshot_list(instance_, call, to_abi(group), &kAll, &sink);
    });
}

Outcome OpenedDriver::list_unmanaged() {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_manage_v1>(DRV_EXT_MANAGE).list_unmanaged(instance_, call, &kAll, sink);
    });
}

Outcome OpenedDriver::adopt(const std::string &backend_id, const std::string &id) {
    const std::string none;
    const drv_adopt_req request = adopt_request(backend_id, id, none);
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_manage_v1>(DRV_EXT_MANAGE).adopt(instance_, call, &request, sink);
    });
}

Outcome OpenedDriver::release(const std::string &id) {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_manage_v1>(DRV_EXT_MANAGE).release(instance_, call, to_abi(id), 0, sink);
    });
}

Outcome OpenedDriver::list_unmanaged_snapshots(const std::string &volume) {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_manage_v1>(DRV_EXT_MANAGE)
            .list_unmanaged_snapshots(instance_, call, to_abi(volume), &kAll, sink);
    });
}

Outcome OpenedDriver::adopt_snapshot(const std::string &backend_id, const std::string &id,
                                     const std::string &volume) {
    const drv_adopt_req request = adopt_request(backend_id, id, volume);
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_manage_v1>(DRV_EXT_MANAGE).adopt_snapshot(instance_, call, &request, sink);
    });
}

Outcome OpenedDriver::release_snapshot(const std::string &id) {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_manage_v1>(DRV_EXT_MANAGE)
            .release_snapshot(instance_, call, to_abi(id), 0, sink);
    });
}

Outcome OpenedDriver::volume_stats(const std::string &id) {
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = stats_into(out);
        return extension<drv_stats_v1>(DRV_EXT_STATS).volume(instance_, call, to_abi(id), &sink);
    });
}

Outcome OpenedDriver::list_stats() {
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = stats_into(out);
        return extension<drv_stats_v1>(DRV_EXT_STATS).volumes(instance_, call, &kAll, &sink);
    });
}

Outcome OpenedDriver::pool_stats() {
    return run([&](auto *call, auto *, auto &out) {
        const auto sink = stats_into(out);
        return extension<drv_stats_v1>(DRV_EXT_STATS).pools(instance_, call, &sink);
    });
}

Outcome OpenedDriver::fence(const std::string &node) {
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_fence_v1>(DRV_EXT_FENCE).fence(instance_, call, to_abi(node), 0, sink);
    });
}

Outcome OpenedDriver::retype(const std::string &id, const std::string &profile) {
    const drv_retype_req request{.struct_size = sizeof request,
                                 .reserved = 0,
                                 .flags = 0,
                                 .id = to_abi(id),
                                 .profile = to_abi(profile),
                                 .pool = to_abi("")};
    return run([&](auto *call, auto *sink, auto &) {
        return extension<drv_retype_v1>(DRV_EXT_RETYPE).retype(instance_, call, &request, sink);
    });
}

Outcome OpenedDriver::profiles() {
    return run([&](auto *call, auto *, auto &out) {
        const drv_profile_sink sink{.struct_size = sizeof sink,
                                    .reserved = 0,
                                    .data = &out,
                                    .emit = [](void *data, const drv_profile *) -> drv_status {
                                        static_cast<Outcome *>(data)->rows += 1;
                                        return DRV_OK;
                                    }};
        return extension<drv_profiles_v1>(DRV_EXT_PROFILES).list(instance_, call, &sink);
    });
}

Outcome OpenedDriver::qos_supported() {
    std::uint64_t limits = 0;
    return run([&](auto *call, auto *, auto &) {
        return extension<drv_qos_v1>(DRV_EXT_QOS).supported(instance_, call, &limits);
    });
}

Outcome OpenedDriver::qos_get(const std::string &id) {
    return run([&](auto *call, auto *, auto &out) {
        out.qos.struct_size = sizeof out.qos;
        return extension<drv_qos_v1>(DRV_EXT_QOS).get(instance_, call, to_abi(id), &out.qos);
    });
}

Outcome OpenedDriver::qos_set(const std::string &id, std::uint64_t iops) {
    const drv_qos limits{.struct_size = sizeof limits,
                         .reserved = 0,
                         .limits = DRV_QOS_MAX_IOPS,
                         .max_iops = iops,
                         .min_iops = 0,
                         .burst_iops = 0,
                         .max_bytes_per_second = 0};
    return run([&](auto *call, auto *, auto &) {
        return extension<drv_qos_v1>(DRV_EXT_QOS).set(instance_, call, to_abi(id), &limits);
    });
}

Outcome OpenedDriver::qos_clear(const std::string &id) {
    return run([&](auto *call, auto *, auto &) {
        return extension<drv_qos_v1>(DRV_EXT_QOS).clear(instance_, call, to_abi(id));
    });
}

} // namespace flasharray::testing
