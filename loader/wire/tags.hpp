// The numbers of the wire. They are never used again for something else; new ones go at the end.
#pragma once

#include "loader/wire/frame.hpp"

#include <cstdint>
#include <string_view>

namespace drover::wire {

enum class Tag : std::uint32_t {
    // A call and its arguments.
    op = 1,
    deadline_ns = 2,
    request_id = 3,
    log_levels = 4, // bit n: lines of LogLevel n are wanted
    id = 5,         // the first id of the op
    source_id = 6,  // of a clone; the volume of a snapshot
    name = 7,
    pool = 8,
    profile = 9,
    node_id = 10,
    page_token = 11,
    flags = 12,
    bytes = 13,
    max_entries = 14,
    attr_key = 15, // each is followed by its attr_value
    attr_value = 16,
    initiator_kind = 17, // each is followed by its initiator_name
    initiator_name = 18,
    added_member = 19, // of a group: volume ids
    removed_member = 20,
    snapshot_of = 21, // each is followed by its snapshot_id
    snapshot_id = 22,
    limits = 23, // DRV_QOS_* bits; the values follow
    max_iops = 24,
    min_iops = 25,
    burst_iops = 26,
    max_bytes_per_second = 27,
    // Rows.
    volume = 30, // groups
    connection = 31,
    profile_row = 32,
    capabilities = 33,
    next_page = 34,
    group_row = 35,
    stats_row = 36,
    qos_row = 37,
    // Inside of rows, besides those above.
    is_null = 40, // the driver emitted no record at all
    struct_size = 41,
    state = 42,
    backend_id = 43,
    parent = 44,
    used_bytes = 45,
    created_unix_ns = 46,
    attached_node = 47,
    attached_count = 48, // of an array that is not there, or absurd; and whether it had a pointer
    attached_is_null = 49,
    attr_count = 50,
    attr_is_null = 51,
    protocol = 52,
    device = 53,
    wwid = 54,
    lun = 55,
    portal = 56,
    target = 57, // as many as portals
    portal_count = 58,
    portal_is_null = 59,
    target_is_null = 60,
    auth_user = 61,
    auth_secret_key = 62,
    description = 63,
    target_count = 70,
    protocols = 64,
    min_bytes = 65,
    max_bytes = 66,
    granularity_bytes = 67,
    total_bytes = 68,
    free_bytes = 69,
    member = 71,
    member_count = 72, // as attached_count
    member_is_null = 73,
    taken_unix_ns = 74,
    epoch = 75,
    read_ops = 76,
    write_ops = 77,
    read_bytes = 78,
    write_bytes = 79,
    read_latency_ns_sum = 90,
    write_latency_ns_sum = 91,
    provisioned_bytes = 92,
    saved_permille = 93,
    // How a call ended.
    status = 80,
    failure = 81, // a group
    failure_code = 82,
    failure_flags = 83,
    retry_after_ns = 84,
    message = 85,
    vendor_code = 86,
    extension = 87, // of open: one for each that the driver offers
    // Progress and log lines.
    permille = 100,
    stage = 101,
    level = 102,
    lane = 103,
    // Hello and open.
    host_protocol = 120,
    driver_name = 121,
    driver_version = 122,
    driver_vendor = 123,
    driver_flags = 124,
    abi_minor = 125,
    config_key = 126, // a group: name, help, fallback, kind, key_flags
    help = 127,
    fallback = 128,
    kind = 129,
    key_flags = 130,
    error_code = 131, // the driver cannot be used, and why
    agent_version = 132,
    backend = 133,
    value_key = 134, // each is followed by its value
    value = 135,
    secret_key = 136, // each is followed by its secret
    secret = 137,
    store_folder = 138,
};

enum class WireOp : std::uint32_t {
    open = 1,
    close = 2,
    probe = 3,
    capabilities = 4,
    create = 5,
    destroy = 6,
    attach = 7,
    detach = 8,
    resolve = 9,
    get = 10,
    list = 11,
    snapshot_create = 12,
    snapshot_destroy = 13,
    snapshot_get = 14,
    snapshot_list = 15,
    snapshot_clone = 16,
    snapshot_revert = 17,
    clone = 18,
    extend = 19,
    profiles = 20,
    group_create = 21,
    group_update = 22,
    group_destroy = 23,
    group_get = 24,
    group_list = 25,
    group_snapshot = 26,
    group_snapshot_destroy = 27,
    group_snapshot_list = 28,
    list_unmanaged = 29,
    adopt = 30,
    release = 31,
    list_unmanaged_snapshots = 32,
    adopt_snapshot = 33,
    release_snapshot = 34,
    retype = 35,
    volume_stats = 36,
    list_stats = 37,
    pool_stats = 38,
    qos_supported = 39,
    qos_get = 40,
    qos_set = 41,
    qos_clear = 42,
    fence = 43,
};

// "create", "snapshot.clone"; a literal. An op that is none reads "an unknown op".
std::string_view name_of(WireOp op) noexcept;
// Does it change something on the backend?
bool is_mutating(WireOp op) noexcept;

} // namespace drover::wire
