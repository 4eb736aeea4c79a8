// What callers of the volume service say and see: specifications going in, views coming out. Plain values;
// sizes are in bytes, times are nanoseconds since 1970 UTC.
#pragma once

#include "loader/base/error.hpp"
#include "loader/volume_types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drover {

// One thing that this node has or lacks for connecting volumes.
struct NodeFinding {
    std::string check;        // "iscsi.initiator-name": stable, for machines
    std::string level = "ok"; // ok, note (nothing needs it), warning, error (volumes cannot be connected)
    std::string message;      // what was found
    std::string cure;         // what to do; empty when there is nothing to do
    bool operator==(const NodeFinding &) const = default;
};

// How a caller names a volume: by name or by id, optionally restricted to a backend (a Docker socket serves
// one). Volume names are unique in a cluster, across backends.
struct VolumeRef {
    std::string name_or_id;
    std::string backend; // empty: any
};

// What a new volume's root folder is to look like; applied once, right after the filesystem was made.
struct RootOptions {
    std::optional<std::uint32_t> mode; // permission bits; default 0777, as Flocker
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::string
        subfolder; // callers get this folder of the filesystem instead of its root; one component, or empty
    bool operator==(const RootOptions &) const = default;
};

struct VolumeSource {
    enum class Kind { volume, snapshot };
    Kind kind = Kind::volume;
    std::string volume;   // name or id of the source volume
    std::string snapshot; // name or id of its snapshot; only for Kind::snapshot
};

struct VolumeSpec {
    std::string name;
    std::string id;                     // empty: UUIDv5(cluster id, name)
    std::string backend;                // empty: the default backend, or the source's
    std::optional<std::uint64_t> bytes; // nothing: the default size, or the source's
    std::string profile;
    std::string pool;
    std::string fstype; // "ext4" or "xfs"; empty: the default, or the source's
    std::optional<VolumeSource> source;
    RootOptions root;
    // Only take what exists (here or on the backend); never make a new volume.
    bool must_exist = false;
    // A volume that exists is answered whatever its shape (Docker); otherwise another shape is Code::exists.
    bool any_shape = false;
};

enum class VolumeStatus {
    creating,  // being made
    available, // exists, attached nowhere as far as we know
    in_use,    // mounted on this node
    changing,  // an operation is running on it
    elsewhere, // the backend says another node has it
    error,     // the last operation failed; see `error`
    lost,      // we own it and the backend says it is gone
    deleting,
};
std::string_view to_string(VolumeStatus status) noexcept;

struct VolumeFailure {
    Code code = Code::internal;
    std::string message;
    std::uint64_t since_unix_ns = 0;
    std::optional<std::uint64_t> next_retry_unix_ns; // nothing: not retried by itself
};

struct VolumeView {
    std::string id;
    std::string name;
    std::string backend;
    std::string backend_id; // empty until it exists
    VolumeStatus status = VolumeStatus::creating;
    std::uint64_t bytes = 0;
    std::string profile;
    std::string pool;
    std::string fstype;
    std::string fs_uuid;    // empty until formatted
    std::string mountpoint; // where callers find the data; empty unless mounted on this node
    std::string device;     // "/dev/..."; empty unless attached here
    std::string node;       // who has it attached: this node, another one, or empty
    std::uint64_t uses = 0; // callers that have it mounted here
    std::uint64_t created_unix_ns = 0;
    bool created_by_us = true; // false: adopted, it was on the backend already
    std::string source;        // "volume:<id>" or "snapshot:<id>" it was made from, or empty
    std::optional<VolumeFailure> error;
    std::string operation; // what runs on it now ("mount: formatting"), or empty
};

struct SnapshotView {
    std::string id;
    std::string name;
    std::string volume_id;
    std::string volume; // its name
    std::string backend;
    std::uint64_t bytes = 0;
    std::uint64_t created_unix_ns = 0;
    bool filesystem_consistent = false; // taken with the filesystem frozen or not mounted at all
    std::string status;                 // "creating", "ready", "deleting", "error"
};

// Another profile or pool for a volume that exists.
struct NewShape {
    std::string profile, pool; // empty: keep what it has
    bool may_migrate = false;  // its data may be copied, which may take hours
    bool operator==(const NewShape &) const = default;
};

// What a volume may take of its backend, and which limits that backend has at all.
struct LimitsView {
    Limits limits;
    LimitKinds kinds;
};

// A volume or snapshot that the backend has and Drover does not manage.
struct UnmanagedView {
    std::string backend;
    std::string handle;    // the backend's id for it, which adopting takes
    std::string name;      // that it has on the backend, where names of people are kept there
    std::string volume_id; // of a snapshot: its volume's
    std::uint64_t bytes = 0;
    std::uint64_t created_unix_ns = 0; // 0: not known
    std::string profile;
    std::string pool;
    std::vector<std::string> nodes; // that have it attached
    std::string refused;            // why it cannot be adopted; empty: it can be
    std::string destroyed;          // it was destroyed, and adopting recovers it ("eradicated in 3600 s")
    Attributes attributes;          // what else the driver says of it
};

struct AdoptSpec {
    std::string backend; // empty: the default one
    std::string handle;
    std::string name; // empty: the handle
};

struct GroupSpec {
    std::string name;
    std::string backend;              // empty: that of the volumes, or the default one
    std::vector<std::string> volumes; // names or ids
};

// A volume of a group, or one of a group snapshot with its snapshot.
struct GroupMember {
    std::string volume_id;
    std::string volume;   // its name; empty when it is not known here
    std::string snapshot; // the id of its snapshot; of a group snapshot only
};

// A consistency group: volumes of one backend that are snapshotted at one instant.
struct GroupView {
    std::string id;
    std::string name;
    std::string backend;
    std::vector<GroupMember> members;
    std::uint64_t snapshots = 0; // of the group
    std::uint64_t created_unix_ns = 0;
    std::string status; // "creating", "ready", "changing", "deleting"
};

struct GroupSnapshotView {
    std::string id;
    std::string name;
    std::string group_id;
    std::string group; // its name
    std::string backend;
    std::vector<GroupMember> members;
    std::uint64_t created_unix_ns = 0;
    bool filesystem_consistent = false; // of every member
    std::string status;                 // "creating", "ready", "deleting"
};

struct MountView {
    std::string mountpoint;
    VolumeView volume;
};

// One operation, running or ended. Ended ones are kept for some minutes.
struct OperationView {
    std::string id;
    std::string kind; // "create", "mount", "snapshot", ...
    std::string volume;
    bool done = false;
    unsigned permille = 0;
    std::string stage;
    std::uint64_t started_unix_ns = 0;
    std::uint64_t ended_unix_ns = 0; // 0 while it runs
    std::optional<Error> error;      // of one that failed
    std::string result_id;           // the volume or snapshot it made or changed
};

// A backend that cut a node off.
struct FencedView {
    std::string backend;
    std::vector<std::string> volumes; // that the node had: names, and ids of those not known here
};

struct BackendView {
    std::string name;
    std::string driver;
    std::string version;
    std::string vendor;
    std::string path;
    std::string state; // "opening", "ready", "failed"
    std::optional<Error> error;
    // Why the driver's new file is not used; the state is that of the one that serves on.
    std::optional<Error> reload_error;
    std::vector<std::string> extensions;
    std::optional<Capabilities> capabilities;
    bool is_default = false;
    std::string isolation = "in-process";
};

} // namespace drover
