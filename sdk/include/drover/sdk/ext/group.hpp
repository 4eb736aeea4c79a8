// drv.group/1 as methods. What each must do is at its slot in drover/ext/group.h.
#pragma once

#include "drover/ext/group.h"
#include "drover/sdk/instance.hpp"
#include "drover/sdk/requests.hpp"

#include <concepts>
#include <string_view>
#include <vector>

namespace drv {

struct Group {
    Text id{}, name{}, backend_id{};
    std::vector<Text> members{}; // volume ids; of a group snapshot the ids of its snapshots
    Text parent{};               // of a group snapshot the group's id
    std::uint64_t created_unix_ns = DRV_UNKNOWN;
    std::vector<Attribute> attributes{};
};

struct GroupRequest {
    std::string_view id{}, name{};
    std::vector<std::string_view> add{}, remove{}; // volume ids; remove is empty at create
};

struct GroupSnapshotRequest {
    std::string_view group_id{}, id{}, name{};
    Attributes snapshots{}; // volume id -> the id its snapshot gets
};

using GroupSink = Sink<Group, drv_group_sink>;

template <class T>
concept Groups = requires(T &driver, Call &call, std::string_view id, const GroupRequest &request,
                          const GroupSnapshotRequest &snapshot, const ListRequest &list, GroupSink &sink) {
    { driver.group_create(call, request) } -> std::convertible_to<Group>;
    { driver.group_update(call, request) } -> std::convertible_to<Group>;
    driver.group_destroy(call, id);
    { driver.group_get(call, id) } -> std::convertible_to<Group>;
    driver.group_list(call, list, sink);
    { driver.group_snapshot(call, snapshot) } -> std::convertible_to<Group>;
    driver.group_snapshot_destroy(call, id);
    driver.group_snapshot_list(call, id, list, sink); // id: the group's, or empty for all
};

namespace detail {

template <class T>
concept MentionsGroups = requires {
    &T::group_create;
}
|| requires {
    &T::group_update;
}
|| requires {
    &T::group_destroy;
}
|| requires {
    &T::group_get;
}
|| requires {
    &T::group_list;
}
|| requires {
    &T::group_snapshot;
}
|| requires {
    &T::group_snapshot_destroy;
}
|| requires {
    &T::group_snapshot_list;
};

inline drv_group lower(const Group &from, Scratch &scratch) {
    scratch.take(from.attributes);
    Scratch::take(from.members, scratch.first);
    return {.struct_size = sizeof(drv_group),
            .reserved = 0,
            .flags = 0,
            .id = to_abi(from.id.view()),
            .name = to_abi(from.name.view()),
            .backend_id = to_abi(from.backend_id.view()),
            .members = scratch.first.data(),
            .member_count = scratch.first.size(),
            .parent = to_abi(from.parent.view()),
            .created_unix_ns = from.created_unix_ns,
            .attrs = scratch.attributes.data(),
            .attr_count = scratch.attributes.size()};
}
inline std::string_view flaw(const Group &group, const Scratch & /*unused*/) noexcept {
    return group.id.empty() || group.backend_id.empty() ? "a group without id or backend_id was emitted" : "";
}

inline std::vector<std::string_view> check_ids(std::string_view field, const drv_str *ids,
                                               std::uint64_t count) {
    check_rows(field, ids, count);
    std::vector<std::string_view> checked;
    checked.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i)
        checked.push_back(check_id(field, ids[i]));
    return checked;
}

inline GroupRequest read(const drv_group_req *given) {
    const auto &raw = check_struct("the request", given, DRV_SIZE_WITH(drv_group_req, remove_count));
    check_flags(raw.flags, 0);
    return {.id = check_id("id", raw.id),
            .name = check_name("name", raw.name),
            .add = check_ids("add", raw.add, raw.add_count),
            .remove = check_ids("remove", raw.remove, raw.remove_count)};
}

inline GroupSnapshotRequest read(const drv_group_snapshot_req *given) {
    const auto &raw =
        check_struct("the request", given, DRV_SIZE_WITH(drv_group_snapshot_req, snapshot_count));
    check_flags(raw.flags, 0);
    GroupSnapshotRequest request{.group_id = check_id("group_id", raw.group_id),
                                 .id = check_id("id", raw.id),
                                 .name = check_name("name", raw.name),
                                 .snapshots =
                                     check_attributes("snapshots", raw.snapshots, raw.snapshot_count)};
    for (std::uint64_t i = 0; i < raw.snapshot_count; ++i)
        check_id("snapshots", raw.snapshots[i].value);
    return request;
}

template <class T>
struct GroupTable {
    static drv_status create(drv_instance *self, const drv_call *raw, const drv_group_req *request,
                             const drv_group_sink *sink) noexcept {
        return run_one<T, GroupSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            const GroupRequest checked = read(request);
            if (!checked.remove.empty())
                throw invalid("remove", "is not empty, but the group is to be created");
            return driver.group_create(call, checked);
        });
    }
    static drv_status update(drv_instance *self, const drv_call *raw, const drv_group_req *request,
                             const drv_group_sink *sink) noexcept {
        return run_one<T, GroupSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.group_update(call, read(request));
        });
    }
    static drv_status destroy(drv_instance *self, const drv_call *raw, drv_str id,
                              std::uint64_t flags) noexcept {
        return run<T>(self, raw, Effect::changes, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            driver.group_destroy(call, check_id("group_id", id));
        });
    }
    static drv_status get(drv_instance *self, const drv_call *raw, drv_str id,
                          const drv_group_sink *sink) noexcept {
        return run_one<T, GroupSink>(self, raw, Effect::none, sink, [&](T &driver, Call &call) {
            return driver.group_get(call, check_id("group_id", id));
        });
    }
    static drv_status list(drv_instance *self, const drv_call *raw, const drv_list_req *request,
                           const drv_group_sink *sink) noexcept {
        return run_many<T, GroupSink>(
            self, raw, Effect::none, sink,
            [&](T &driver, Call &call, GroupSink &out) { driver.group_list(call, read(request), out); });
    }
    static drv_status snapshot(drv_instance *self, const drv_call *raw, const drv_group_snapshot_req *request,
                               const drv_group_sink *sink) noexcept {
        return run_one<T, GroupSink>(self, raw, Effect::changes, sink, [&](T &driver, Call &call) {
            return driver.group_snapshot(call, read(request));
        });
    }
    static drv_status snapshot_destroy(drv_instance *self, const drv_call *raw, drv_str id,
                                       std::uint64_t flags) noexcept {
        return run<T>(self, raw, Effect::changes, [&](T &driver, Call &call) {
            check_flags(flags, 0);
            driver.group_snapshot_destroy(call, check_id("group_snapshot_id", id));
        });
    }
    static drv_status snapshot_list(drv_instance *self, const drv_call *raw, drv_str group_id,
                                    const drv_list_req *request, const drv_group_sink *sink) noexcept {
        return run_many<T, GroupSink>(
            self, raw, Effect::none, sink, [&](T &driver, Call &call, GroupSink &out) {
                driver.group_snapshot_list(call, check_name("group_id", group_id), read(request), out);
            });
    }
    static constexpr drv_group_v1 kTable = {.struct_size = sizeof(drv_group_v1),
                                            .reserved = 0,
                                            .create = &create,
                                            .update = &update,
                                            .destroy = &destroy,
                                            .get = &get,
                                            .list = &list,
                                            .snapshot = &snapshot,
                                            .snapshot_destroy = &snapshot_destroy,
                                            .snapshot_list = &snapshot_list};
};

} // namespace detail
} // namespace drv
