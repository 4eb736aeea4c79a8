// What a FlashArray holds. Plain values; objects refer to each other by ids, which never change and are never
// used again, so that a rename touches one object and what is named after it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drover::sim::flasharray {

using Id = std::uint64_t; // 0: none
using Seconds = std::int64_t;

// A volume or, with a parent or a group snapshot, a snapshot of one.
struct Volume {
    static constexpr const char *kKind = "volume";
    Id id = 0;
    std::string name; // a snapshot's with the suffix: "v.x", "g.x.v"
    std::uint64_t size = 0;
    std::string serial;
    Seconds created = 0;
    std::string source; // the name of what it was copied from; empty: nothing
    Id parent = 0;      // the volume that it is a snapshot of
    Id group_snapshot = 0;
    std::optional<Seconds> destroyed;
    bool fell_with_parent = false; // destroyed because its volume or group snapshot was
    std::optional<std::uint64_t> bandwidth_limit, iops_limit;

    [[nodiscard]] bool is_snapshot() const noexcept { return parent != 0 || group_snapshot != 0; }
};

struct Host {
    static constexpr const char *kKind = "host";
    Id id = 0;
    std::string name;
    std::vector<std::string> iqns, wwns, nqns;
    Id group = 0;
    std::string host_user, host_password, target_user, target_password;
    std::string personality;
};

struct HostGroup {
    static constexpr const char *kKind = "hgroup";
    Id id = 0;
    std::string name;
};

// Of a volume with a host, or with all hosts of a group.
struct Connection {
    static constexpr const char *kKind = "connection";
    Id id = 0;
    std::string name; // none
    Id volume = 0;
    Id host = 0, group = 0; // one of them
    unsigned lun = 0;
};

struct Target {
    std::string name;
    bool allowed = false;
};

struct ProtectionGroup {
    static constexpr const char *kKind = "pgroup";
    Id id = 0;
    std::string name;
    std::vector<Id> volumes, hosts, groups;
    std::vector<Target> targets;
    std::map<std::string, std::int64_t>
        schedule; // what PUT set: "replicate_frequency" ...; claims as 0 and 1
    std::optional<Seconds> destroyed;
};

struct GroupSnapshot {
    static constexpr const char *kKind = "pgroup_snapshot";
    Id id = 0;
    std::string name; // "g.x"
    Id group = 0;
    Seconds created = 0;
    std::optional<Seconds> destroyed;
    bool fell_with_parent = false;
};

// Pods and volume groups hold volumes by their names: "pod::v", "vgroup/v".
struct Container {
    static constexpr const char *kKind = "container";
    Id id = 0;
    std::string name;
    bool is_pod = false;
    std::optional<Seconds> destroyed;
};

// What is of the array itself and outlives a restart.
struct Array {
    std::string name, id;
    std::string serial_prefix; // 16 upper-case hex digits
    std::int64_t clock_offset_s = 0;
    Id last_id = 0;
    std::uint32_t last_serial = 0;
    std::uint64_t last_suffix = 0; // of snapshots that nobody named
};

} // namespace drover::sim::flasharray
