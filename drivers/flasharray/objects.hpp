// The requests that this driver makes of an array, typed: one function each, and nothing decided. What is not
// there comes back as nothing; every other refusal is thrown as RefusedError with the array's words. Used by
// any number of threads.
#pragma once

#include "drivers/flasharray/array.hpp"
#include "drivers/flasharray/profiles.hpp"
#include "drivers/flasharray/refusal.hpp"
#include "drivers/flasharray/rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flasharray {

using drv::rest::Limit;
using Rows = Array::Rows;

// What a version of the API brought.
inline constexpr RestVersion kSnapshotRenames{1, 4};
inline constexpr RestVersion kFilters{1, 7};
inline constexpr RestVersion kBandwidthLimits{1, 14};
inline constexpr RestVersion kPersonalities{1, 14};
inline constexpr RestVersion kNvme{1, 16};
inline constexpr RestVersion kIopsLimits{1, 17};

class Objects {
public:
    explicit Objects(Array &array) : array_(array) {}

    [[nodiscard]] RestVersion version(const Limit &limit) { return array_.version(limit); }
    [[nodiscard]] ArrayRow array(const Limit &limit);
    [[nodiscard]] SpaceRow array_space(const Limit &limit);
    [[nodiscard]] LoadRow array_load(const Limit &limit);
    [[nodiscard]] std::vector<PortRow> ports(const Limit &limit);

    // ---- Volumes. Those that were destroyed are not there. ----
    [[nodiscard]] std::optional<VolumeRow> volume(const Limit &limit, std::string_view name);
    // `filter` is applied where the version has filters: the answer may hold more. Empty: all.
    [[nodiscard]] std::vector<VolumeRow> volumes(const Limit &limit, Rows rows,
                                                 const std::string &filter = "");
    [[nodiscard]] std::vector<VolumeRow> volumes_and_destroyed(const Limit &limit);
    [[nodiscard]] std::vector<SpaceRow> volumes_space(const Limit &limit);
    [[nodiscard]] std::optional<SpaceRow> volume_space(const Limit &limit, std::string_view name);
    // The answers of these two are not looked at: an array may lie, so the caller asks for the volume.
    void create_volume(const Limit &limit, std::string_view name, std::uint64_t bytes,
                       const VolumeLimits &limits);
    void copy_volume(const Limit &limit, std::string_view name, std::string_view source, bool overwrite);
    void grow_volume(const Limit &limit, std::string_view name, std::uint64_t bytes);
    // False: it is not there under `name`.
    [[nodiscard]] bool rename_volume(const Limit &limit, std::string_view name, std::string_view to);
    // Also of snapshots. False: it is not there. Destroyed already is true.
    [[nodiscard]] bool destroy_volume(const Limit &limit, std::string_view name);
    // False: the array keeps what was destroyed until its time is over.
    [[nodiscard]] bool eradicate_volume(const Limit &limit, std::string_view name);
    void recover_volume(const Limit &limit, std::string_view name);
    [[nodiscard]] std::optional<VolumeLimits> limits(const Limit &limit, std::string_view name);
    [[nodiscard]] std::vector<LimitsRow> all_limits(const Limit &limit);
    // A limit without a value is cleared.
    void set_limits(const Limit &limit, std::string_view name, const VolumeLimits &limits);

    // ---- Snapshots ----
    [[nodiscard]] std::vector<VolumeRow> snapshots(const Limit &limit, Rows rows,
                                                   const std::string &filter = "");
    // Nothing: the volume is not there.
    [[nodiscard]] std::optional<std::vector<VolumeRow>> snapshots_of(const Limit &limit,
                                                                     std::string_view volume);
    // Of all volumes at one instant. Nothing: one of them is not there.
    [[nodiscard]] std::optional<std::vector<VolumeRow>>
    take_snapshots(const Limit &limit, const std::vector<std::string> &volumes, std::string_view suffix);

    // ---- Connections ----
    // Nothing: the volume is not there.
    [[nodiscard]] std::optional<std::vector<ConnectionRow>> connections_of(const Limit &limit,
                                                                           std::string_view volume);
    // Nothing: the host is not there.
    [[nodiscard]] std::optional<std::vector<ConnectionRow>> connections_of_host(const Limit &limit,
                                                                                std::string_view host);
    [[nodiscard]] std::vector<ConnectionRow> all_connections(const Limit &limit);
    // False: there is such a connection already.
    [[nodiscard]] bool connect(const Limit &limit, std::string_view host, std::string_view volume);
    // Not connected, or not there, is fine.
    void disconnect(const Limit &limit, std::string_view host, std::string_view volume);

    // ---- Hosts ----
    [[nodiscard]] std::vector<HostRow> hosts(const Limit &limit);
    void create_host(const Limit &limit, std::string_view name, const Initiators &initiators);
    void change_host(const Limit &limit, std::string_view name, const boost::json::object &change);

    // ---- Protection groups ----
    [[nodiscard]] std::vector<GroupRow> groups(const Limit &limit);
    [[nodiscard]] std::optional<GroupRow> group(const Limit &limit, std::string_view name);
    void create_group(const Limit &limit, std::string_view name, const std::vector<std::string> &volumes);
    // Says nothing of members that are there, or gone, already: the caller looks.
    void change_group(const Limit &limit, std::string_view name, const std::vector<std::string> &add,
                      const std::vector<std::string> &remove);
    // Destroyed or not there already is fine.
    void destroy_group(const Limit &limit, std::string_view name);
    [[nodiscard]] bool eradicate_group(const Limit &limit, std::string_view name);

private:
    // Runs `ask`; nothing when the array says that there is no such object.
    template <class Ask>
    [[nodiscard]] static auto if_there(const Ask &ask) -> std::optional<decltype(ask())>;
    [[nodiscard]] boost::json::object filtered(const Limit &limit, const std::string &filter,
                                               boost::json::object parameters);
    [[nodiscard]] bool remove(const Limit &limit, std::string_view kind, std::string_view name);
    [[nodiscard]] bool eradicate(const Limit &limit, std::string_view kind, std::string_view name);

    Array &array_;
};

} // namespace flasharray
