// What an array answers, read row by row into values. The one place that knows the fields' names: what is
// missing, of another kind or out of range throws Error(internal) that names the request and the field.
#pragma once

#include "drover/abi/types.h"
#include "drover/sdk/rest/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flasharray {

using drv::rest::Json;

// A volume, or a snapshot of one.
struct VolumeRow {
    std::string name;
    std::string serial; // 24 hex digits in lower case
    std::string source; // what it was copied from, a snapshot's volume; may be empty
    std::uint64_t bytes = 0;
    std::uint64_t created_unix_ns = DRV_UNKNOWN;
    std::optional<std::uint64_t> seconds_left; // until it is eradicated; only of what was destroyed
};
[[nodiscard]] VolumeRow volume_row(const Json &row);

struct ConnectionRow {
    std::string volume, host;
    std::uint64_t lun = 0;
    std::string host_group; // of a shared connection; else empty
};
// Of GET volume/V/host, where "name" is the volume.
[[nodiscard]] ConnectionRow connection_of_volume(const Json &row);
// Of GET host/H/volume and of POST host/H/volume/V, where "name" is the host.
[[nodiscard]] ConnectionRow connection_of_host(const Json &row);
// Of GET host?all=true: nothing for a host without connections.
[[nodiscard]] std::optional<ConnectionRow> connection_of_all(const Json &row);

// The names that a node goes by: of its own, or those that a host object carries.
struct Initiators {
    std::vector<std::string> iqns, wwns, nqns; // WWNs as rows have them
    [[nodiscard]] bool empty() const noexcept { return iqns.empty() && wwns.empty() && nqns.empty(); }
    friend bool operator==(const Initiators &, const Initiators &) = default;
};

struct HostRow {
    std::string name;
    std::vector<std::string> iqns;
    std::vector<std::string> wwns; // 16 hex digits in lower case
    std::vector<std::string> nqns;
    std::string host_group;
};
[[nodiscard]] HostRow host_row(const Json &row);

struct PortRow {
    std::string name;
    std::string iqn;    // of an iSCSI port; else empty
    std::string nqn;    // of an NVMe port; else empty
    std::string portal; // of both, where they have an address
    std::string wwn;    // of an FC port: 16 hex digits in lower case; else empty
};
[[nodiscard]] PortRow port_row(const Json &row);

// A protection group.
struct GroupRow {
    std::string name;
    std::vector<std::string> volumes;
};
[[nodiscard]] GroupRow group_row(const Json &row);

// Limits of a volume; 0 and null are none.
struct LimitsRow {
    std::string name;
    std::optional<std::uint64_t> iops, bytes_per_second;
};
[[nodiscard]] LimitsRow limits_row(const Json &row);

// Space of the array or of one volume; what is absent the array does not tell.
struct SpaceRow {
    std::string name; // of a volume
    std::optional<std::uint64_t> capacity, total, provisioned, volumes, snapshots, shared, system, size;
    std::optional<double> data_reduction, total_reduction, thin_provisioning;
};
[[nodiscard]] SpaceRow space_row(const Json &row);

struct LoadRow {
    std::optional<std::uint64_t> reads, writes, bytes_out, bytes_in, read_usec, write_usec, queue_depth;
};
[[nodiscard]] LoadRow load_row(const Json &row);

struct ArrayRow {
    std::string name, id, purity;
};
[[nodiscard]] ArrayRow array_row(const Json &row);

// An object, or a list of exactly one: the same call answers either by version of the API.
[[nodiscard]] Json only_row(const Json &answer);
// The number of nanoseconds since 1970 of "2026-01-02T03:04:05Z"; DRV_UNKNOWN for any other form.
[[nodiscard]] std::uint64_t unix_ns_of(std::string_view time);
// 16 hex digits in lower case, or nothing.
[[nodiscard]] std::optional<std::string> normal_wwn(std::string_view text);

} // namespace flasharray
