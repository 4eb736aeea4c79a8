// The FlashArray driver: volumes of a Pure Storage FlashArray over its REST API 1.x.
//
// All that is known about volumes is on the array (names.hpp), so that agents which share nothing but the
// array find each other's; an instance only remembers names and serials that it has seen, and a listing
// while it is paged. Every op is made of calls of which each can be repeated: what a crash or a lost answer
// leaves is completed by the same op again.
#pragma once

#include "drivers/flasharray/array.hpp"
#include "drivers/flasharray/config.hpp"
#include "drivers/flasharray/hosts.hpp"
#include "drivers/flasharray/names.hpp"
#include "drivers/flasharray/objects.hpp"
#include "drivers/flasharray/records.hpp"
#include "drover/sdk.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace flasharray {

// Up to what a volume can have; throws Error(invalid) for more than the largest.
[[nodiscard]] std::uint64_t rounded_size(std::uint64_t bytes);

// Runs what comes after a change of the array. What goes wrong there leaves the caller to look what became of
// the change, and the error says so.
template <class Run>
auto after_change(const Run &run) -> decltype(run()) {
    try {
        return run();
    } catch (drv::Error &error) {
        error.flags |= DRV_FAIL_STATE_UNKNOWN;
        throw;
    }
}

// For an array that answers that it did something, and did not. `what`: "made volume v1, and has none".
[[nodiscard]] drv::Error lied(const std::string &what);

class FlashArray {
public:
    static constexpr drv::Description description() {
        return {.name = "flasharray", .version = "1.0", .vendor = "Drover", .config_keys = kConfigKeys};
    }
    FlashArray(drv::Host &host, drv::Call &call);
    ~FlashArray();
    FlashArray(const FlashArray &) = delete;
    FlashArray &operator=(const FlashArray &) = delete;

    void probe(drv::Call &call);
    drv::Capabilities capabilities(drv::Call &call);
    drv::Volume create(drv::Call &call, const drv::CreateRequest &request);
    void destroy(drv::Call &call, std::string_view id);
    drv::Connection attach(drv::Call &call, const drv::AttachRequest &request);
    void detach(drv::Call &call, const drv::AttachRequest &request);
    void list(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink);
    drv::Volume get(drv::Call &call, std::string_view id);
    drv::Connection resolve(drv::Call &call, const drv::AttachRequest &request);

    drv::Volume extend(drv::Call &call, std::string_view id, std::uint64_t bytes);
    drv::Volume clone(drv::Call &call, std::string_view source_id, const drv::CreateRequest &request);

    std::vector<drv::Profile> profiles(drv::Call &call);
    drv::Volume retype(drv::Call &call, const drv::RetypeRequest &request);
    std::uint64_t qos_supported(drv::Call &call);
    drv::Qos qos_get(drv::Call &call, std::string_view id);
    void qos_set(drv::Call &call, std::string_view id, const drv::Qos &limits);
    void qos_clear(drv::Call &call, std::string_view id);

    drv::Volume snapshot_create(drv::Call &call, const drv::SnapshotRequest &request);
    void snapshot_destroy(drv::Call &call, std::string_view id);
    void snapshot_list(drv::Call &call, std::string_view volume_id, const drv::ListRequest &request,
                       drv::VolumeSink &sink);
    drv::Volume snapshot_get(drv::Call &call, std::string_view id);
    drv::Volume snapshot_clone(drv::Call &call, std::string_view id, const drv::CreateRequest &request);
    void snapshot_revert(drv::Call &call, std::string_view id);

    drv::Group group_create(drv::Call &call, const drv::GroupRequest &request);
    drv::Group group_update(drv::Call &call, const drv::GroupRequest &request);
    void group_destroy(drv::Call &call, std::string_view id);
    drv::Group group_get(drv::Call &call, std::string_view id);
    void group_list(drv::Call &call, const drv::ListRequest &request, drv::GroupSink &sink);
    drv::Group group_snapshot(drv::Call &call, const drv::GroupSnapshotRequest &request);
    void group_snapshot_destroy(drv::Call &call, std::string_view id);
    void group_snapshot_list(drv::Call &call, std::string_view group_id, const drv::ListRequest &request,
                             drv::GroupSink &sink);

    void list_unmanaged(drv::Call &call, const drv::ListRequest &request, drv::VolumeSink &sink);
    drv::Volume adopt(drv::Call &call, const drv::AdoptRequest &request);
    drv::Volume release(drv::Call &call, std::string_view id);
    void list_unmanaged_snapshots(drv::Call &call, std::string_view volume_id,
                                  const drv::ListRequest &request, drv::VolumeSink &sink);
    drv::Volume adopt_snapshot(drv::Call &call, const drv::AdoptRequest &request);
    drv::Volume release_snapshot(drv::Call &call, std::string_view id);

    drv::Stats volume_stats(drv::Call &call, std::string_view id);
    void list_volume_stats(drv::Call &call, const drv::ListRequest &request, drv::StatsSink &sink);
    void pool_stats(drv::Call &call, drv::StatsSink &sink);

    void fence(drv::Call &call, std::string_view node_id, drv::VolumeSink &sink);

private:
    using Connections = std::vector<ConnectionRow>;
    // A snapshot of a volume of this cluster.
    struct LocatedSnapshot {
        VolumeRow row;
        SnapshotName name;
        std::string volume_id;
    };
    struct Known {
        std::string name, serial;
    };
    // What a clone is made from.
    struct Source {
        std::string name; // on the array
        std::string id;
        std::uint64_t bytes;
    };
    struct Listing {
        std::vector<std::string> ids; // sorted, of the rows
        std::vector<drv::Volume> rows;
        std::chrono::steady_clock::time_point taken;
    };

    // locate.cpp
    [[nodiscard]] std::optional<Located> find_volume(const Limit &limit, std::string_view id);
    [[nodiscard]] Located must_find(const Limit &limit, std::string_view id); // NOT_FOUND
    // Every volume whose name has the id, also copies in the making and what is about to be destroyed.
    [[nodiscard]] std::vector<Located> all_of(const Limit &limit, std::string_view id);
    [[nodiscard]] std::optional<LocatedSnapshot> find_snapshot(const Limit &limit, std::string_view id);
    [[nodiscard]] LocatedSnapshot must_find_snapshot(const Limit &limit, std::string_view id);
    [[nodiscard]] std::optional<LocatedSnapshot> located(VolumeRow row) const;
    [[nodiscard]] std::optional<Known> known(std::string_view id) const;
    void remember(const Located &volume);
    void forget(std::string_view id);
    [[nodiscard]] static std::map<std::string, Connections> by_volume(const std::vector<ConnectionRow> &all);

    // driver.cpp
    [[nodiscard]] drv::Volume record(const Limit &limit, const Located &volume);
    [[nodiscard]] drv::Volume record(const Limit &limit, const Located &volume,
                                     const Connections &connections);
    [[nodiscard]] Connections connections_of(const Limit &limit, const Located &volume);
    void check_shape(const Limit &limit, std::string_view profile, std::string_view pool);
    [[nodiscard]] drv::Volume existing(const Limit &limit, const Located &volume,
                                       const drv::CreateRequest &request, std::string_view parent);
    [[nodiscard]] std::string make_volume(const Limit &limit, std::string_view id, std::uint64_t bytes,
                                          const VolumeLimits &limits);
    // CONFLICT for what is attached, in a group, or has snapshots of ours. `what`: "destroyed".
    void refuse_attached(const Limit &limit, const Located &volume, std::string_view what);
    void refuse_needed(const Limit &limit, const Located &volume, std::string_view what);
    // False: the array has no such volume or snapshot.
    bool drop(const Limit &limit, const std::string &name);
    void finish_drop(const Limit &limit, const std::string &name);
    // Throws when the array has it under the old name, although it says that it renamed it.
    void check_renamed(const Limit &limit, const std::string &before, const std::string &name);
    void destroy_found(const Limit &limit, const Located &volume);

    // limits.cpp
    [[nodiscard]] VolumeLimits limits_of(std::string_view profile) const;
    [[nodiscard]] std::string profile_of(const VolumeLimits &limits) const;
    [[nodiscard]] std::string profile_of(const Limit &limit, std::string_view volume_name);
    void check_supported(const Limit &limit, const VolumeLimits &limits);

    // copies.cpp
    [[nodiscard]] drv::Volume copy(const Limit &limit, const Source &source,
                                   const drv::CreateRequest &request);

    // attach.cpp
    [[nodiscard]] std::vector<drv::Path> paths(const Limit &limit);
    [[nodiscard]] drv::Connection connection(const Limit &limit, std::string_view serial,
                                             const ConnectionRow &row);
    [[nodiscard]] ConnectionRow connect(const Limit &limit, const drv::AttachRequest &request,
                                        const Initiators &initiators, const std::string &volume_name,
                                        const Connections &before);

    // listing.cpp
    [[nodiscard]] std::shared_ptr<const Listing> take_listing(const Limit &limit);

    // snapshots.cpp
    [[nodiscard]] std::vector<LocatedSnapshot> snapshots_of(const Limit &limit, std::string_view volume_id);
    void drop_snapshot(const Limit &limit, const LocatedSnapshot &snapshot);
    void check_snapshot_renames(const Limit &limit);

    // groups.cpp
    [[nodiscard]] std::vector<Located> must_find_all(const Limit &limit,
                                                     const std::vector<std::string_view> &ids);
    [[nodiscard]] drv::Group group_record(const GroupRow &row, std::string_view id) const;
    // The group that the volume is in; empty: none.
    [[nodiscard]] std::string group_of(const std::vector<GroupRow> &groups, std::string_view volume_id,
                                       std::string_view but_not = {}) const;
    [[nodiscard]] std::vector<std::string> members_of(const GroupRow &row) const;
    void make_group(const Limit &limit, const std::string &name, const std::vector<std::string> &volumes);

    // group_snapshots.cpp
    struct GroupSnapshot {
        std::string id, group_hash;
        std::vector<LocatedSnapshot> members; // with `is_pending` those that have no id yet
    };
    [[nodiscard]] std::vector<GroupSnapshot> group_snapshots(const Limit &limit, const std::string &filter);
    [[nodiscard]] std::optional<GroupSnapshot> find_group_snapshot(const Limit &limit, std::string_view id);
    [[nodiscard]] drv::Group group_snapshot_record(const GroupSnapshot &snapshot,
                                                   const std::vector<GroupRow> &groups) const;
    void complete_group_snapshot(const Limit &limit, const drv::GroupSnapshotRequest &request,
                                 const std::map<std::string, std::string> &wanted,
                                 const GroupSnapshot &snapshot);

    // manage.cpp
    [[nodiscard]] std::string why_not(const VolumeRow &row, const Connections &connections) const;
    [[nodiscard]] bool is_managed(const VolumeRow &row) const;
    // Gives a volume or snapshot a name that is not managed. NOT_FOUND.
    void release_as(const Limit &limit, const std::string &name, const std::string &released);

    drv::Host &host_;
    const Config config_;
    const Names names_;
    Array array_;
    Objects objects_;
    Hosts hosts_;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Known> known_;           // by volume id
    std::unordered_map<std::string, std::string> snapshots_; // id to name
    std::vector<PortRow> ports_;
    std::chrono::steady_clock::time_point ports_taken_{};
    std::shared_ptr<const Listing> listing_; // of the last first page
    std::string array_name_;
};

} // namespace flasharray
