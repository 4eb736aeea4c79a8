// The ABI's records and requests as C++ values: what `Driver` takes and gives. Sizes are in bytes. Field by
// field they mean what drover/abi/volume.h says; text is copied and owned.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drover {

using Attributes = std::map<std::string, std::string, std::less<>>;

enum class VolumeState { ready, creating, deleting, faulted };

// A volume or a snapshot, as the backend has it.
struct BackendVolume {
    std::string id;
    std::string name;
    std::string backend_id;
    std::string pool;
    std::string profile;
    std::string parent;
    VolumeState state = VolumeState::ready;
    bool is_snapshot = false;
    bool write_protected = false;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> used_bytes;
    std::optional<std::uint64_t> created_unix_ns;
    std::vector<std::string> attached_nodes;
    Attributes attributes;

    bool operator==(const BackendVolume &) const = default;
};

enum class Protocol { local = 1, iscsi = 2, fc = 3, nvme_tcp = 4 };

struct Path {
    std::string portal; // "address:port"; empty for FC
    std::string target; // IQN, WWPN or NQN
    bool operator==(const Path &) const = default;
};

struct Connection {
    Protocol protocol = Protocol::local;
    std::string device;
    std::string wwid;
    std::uint64_t lun = 0;
    std::vector<Path> paths;
    std::string auth_user;
    std::string auth_secret_key;
    Attributes attributes;
    bool operator==(const Connection &) const = default;
};

struct Capabilities {
    bool thin = false;
    bool multi_attach = false;
    bool online_extend = false;
    bool zeroed = false; // new volumes read as zero
    std::vector<Protocol> protocols;
    std::uint64_t min_bytes = 1;
    std::optional<std::uint64_t> max_bytes;
    std::uint64_t granularity_bytes = 1;
    std::optional<std::uint64_t> total_bytes;
    std::optional<std::uint64_t> free_bytes;
};

struct Profile {
    std::string name;
    std::string description;
    bool is_default = false;
    Attributes attributes;
};

// Counters of a volume or a pool; see drv_stats. Nothing: the backend does not count it.
struct BackendStats {
    std::string id; // the volume's id, or the pool's name
    std::uint64_t taken_unix_ns = 0;
    std::uint64_t epoch = 0; // another one: the sums began anew
    std::optional<std::uint64_t> read_ops;
    std::optional<std::uint64_t> write_ops;
    std::optional<std::uint64_t> read_bytes;
    std::optional<std::uint64_t> write_bytes;
    std::optional<std::uint64_t> read_latency_ns_sum;
    std::optional<std::uint64_t> write_latency_ns_sum;
    std::optional<std::uint64_t> used_bytes; // after reduction
    std::optional<std::uint64_t> provisioned_bytes;
    std::optional<std::uint64_t> total_bytes;
    std::optional<std::uint64_t> saved_permille; // physical per thousand logical bytes; 1000: no reduction
    Attributes attributes;

    bool operator==(const BackendStats &) const = default;
};

// A consistency group, or a snapshot of one.
struct BackendGroup {
    std::string id;
    std::string name;
    std::string backend_id;
    std::vector<std::string> members; // ids of volumes; of a group snapshot: of its snapshots
    std::string parent;               // of a group snapshot: the group's id
    std::optional<std::uint64_t> created_unix_ns;
    Attributes attributes;

    bool operator==(const BackendGroup &) const = default;
};

struct GroupRequest {
    std::string id;
    std::string name;
    std::vector<std::string> add;    // ids of volumes
    std::vector<std::string> remove; // only to change a group
};

struct GroupSnapshotRequest {
    std::string group_id;
    std::string id;
    std::string name;
    std::map<std::string, std::string> snapshots; // volume id -> the id of its snapshot
};

struct CreateRequest {
    std::string id;
    std::string name;
    std::uint64_t bytes = 0; // of a clone: 0 takes the source's size
    std::string pool;
    std::string profile;
    bool independent = false; // DRV_CLONE_INDEPENDENT; only for a clone of a volume
    Attributes attributes;
};

struct NodeIdentity {
    std::string id;
    std::vector<std::pair<std::string, std::string>> initiators; // {"iqn", "iqn..."}, {"wwpn", "..."}
};

struct AttachRequest {
    std::string volume_id;
    NodeIdentity node;
    bool read_only = false;
};

struct SnapshotRequest {
    std::string volume_id;
    std::string snapshot_id;
    std::string name;
    Attributes attributes;
};

struct RetypeRequest {
    std::string volume_id;
    std::string profile, pool; // empty: keep what it has
    bool may_migrate = false;  // DRV_RETYPE_MAY_MIGRATE: data may be copied, which may take hours
};

// Of an object that the backend has and we do not manage.
struct AdoptRequest {
    std::string backend_id; // which object
    std::string id, name;   // what it gets
    std::string volume_id;  // of a snapshot: the volume it belongs to; else empty
};

// What a volume may take of its backend, a second, reads and writes together; nothing: no limit of that kind.
struct Limits {
    std::optional<std::uint64_t> max_iops;
    std::optional<std::uint64_t> min_iops;
    std::optional<std::uint64_t> burst_iops;
    std::optional<std::uint64_t> max_bytes_per_second;
    bool operator==(const Limits &) const = default;
};

// Which of them a backend has.
struct LimitKinds {
    bool max_iops = false;
    bool min_iops = false;
    bool burst_iops = false;
    bool max_bytes_per_second = false;
    bool operator==(const LimitKinds &) const = default;
};

struct PageRequest {
    std::uint64_t max_entries = 0; // 0: the driver's choice
    std::string token;             // empty: from the start
};

} // namespace drover
