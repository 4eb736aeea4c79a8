// The loopback driver: volumes as image files under root_path, attached as loop devices. For people without
// an array, for demonstrations and for tests; everything survives a crash of the agent at any point and a
// reboot.
//
// All that is known about volumes is on disk (shelf.hpp), so that several agents of one machine, each with
// its own node id, can share root_path; an instance only remembers what it read (index.hpp). Every change
// holds the locks of the objects it touches (locks.hpp); reads hold none.
#pragma once

#include "config.hpp"
#include "drover/sdk.hpp"
#include "files.hpp"
#include "group_shelf.hpp"
#include "index.hpp"
#include "locks.hpp"
#include "loop_device.hpp"
#include "shelf.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

[[nodiscard]] std::uint64_t unix_now_ns();

class Loopback {
public:
    static constexpr drv::Description description() {
        return {.name = "loopback", .version = "1.0", .vendor = "Drover", .config_keys = kConfigKeys};
    }
    Loopback(drv::Host &host, drv::Call &call);

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
    std::vector<drv::Profile> profiles(drv::Call &call);
    drv::Volume retype(drv::Call &call, const drv::RetypeRequest &request);
    drv::Stats volume_stats(drv::Call &call, std::string_view id);
    void list_volume_stats(drv::Call &call, const drv::ListRequest &request, drv::StatsSink &sink);
    void pool_stats(drv::Call &call, drv::StatsSink &sink);
    void fence(drv::Call &call, std::string_view node_id, drv::VolumeSink &sink);

    // A copy is made during the call. Where blocks can be shared it shows one instant even of a volume that
    // is being written; otherwise of an attached volume only while the host holds its filesystem frozen, as
    // it does.
    drv::Volume snapshot_create(drv::Call &call, const drv::SnapshotRequest &request);
    void snapshot_destroy(drv::Call &call, std::string_view id);
    void snapshot_list(drv::Call &call, std::string_view volume_id, const drv::ListRequest &request,
                       drv::VolumeSink &sink);
    drv::Volume snapshot_get(drv::Call &call, std::string_view id);
    drv::Volume snapshot_clone(drv::Call &call, std::string_view id, const drv::CreateRequest &request);
    void snapshot_revert(drv::Call &call, std::string_view id);
    drv::Volume clone(drv::Call &call, std::string_view source_id, const drv::CreateRequest &request);

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

private:
    // driver.cpp
    [[nodiscard]] std::string node_of(std::string_view node_id) const;
    [[nodiscard]] bool is_this_node(std::string_view recorded) const;
    [[nodiscard]] std::uint64_t rounded(std::uint64_t bytes) const;
    [[nodiscard]] Space space_of(std::string_view profile) const;
    void refuse_unknown_shape(std::string_view profile, std::string_view pool) const;
    [[nodiscard]] drv::Volume to_volume(Object object, std::string_view key) const;
    // As lists have it: without the path of its image, which would be half of the text.
    [[nodiscard]] drv::Volume to_row(Object object, std::string_view key) const;
    // The one that is there, or EXISTS when it has another shape.
    [[nodiscard]] drv::Volume existing(Object object, const drv::CreateRequest &request,
                                       std::string_view parent) const;
    // NOT_FOUND when it does not exist, CONFLICT when it is damaged.
    [[nodiscard]] Object sound(const Shelf &shelf, std::string_view id) const;
    [[nodiscard]] std::optional<std::string> live_device(const Object &volume) const;
    void drop_strays(const drv::Call &call, const Object &volume) const;
    // CONFLICT for a volume that is in a group or has snapshots.
    void refuse_needed(const drv::Call &call, std::string_view id, const std::string &what);
    void refuse_attached(const Object &volume, std::string_view what) const;
    // Makes a finished image the object's and shows it. Completes `metadata`.
    [[nodiscard]] drv::Volume added(const Shelf &shelf, const std::string &key, Metadata metadata,
                                    NewImage &image) const;
    // retype.cpp, stats.cpp, fence.cpp
    void try_to_give_back(int image, const Object &volume) const;
    [[nodiscard]] drv::Stats stats_of(const Object &object, std::string_view id) const;
    [[nodiscard]] std::optional<drv::Volume> cut(const drv::Call &call, const std::string &key,
                                                 std::string_view node) const;
    // snapshots.cpp
    void copy_one_volume(const drv::Call &call, const Object &volume,
                         const std::function<bool()> &copy) const;
    [[nodiscard]] std::size_t count_snapshots(const drv::Call &call, std::string_view volume_id);
    [[nodiscard]] drv::Volume copy_to_volume(const drv::Call &call, const Shelf &shelf, const Object &source,
                                             const drv::CreateRequest &request,
                                             std::string_view parent) const;

    // manage.cpp
    [[nodiscard]] drv::Volume to_unmanaged(const Shelf &shelf, const Stray &stray) const;
    [[nodiscard]] static std::map<std::string, std::string> ids_by_backend_id(const drv::Call &call,
                                                                              Index &index);
    [[nodiscard]] drv::Volume must_be_unmanaged(const Shelf &shelf, const std::string &backend_id) const;
    // `volume`: the one that a snapshot belongs to.
    [[nodiscard]] drv::Volume take_over(const drv::Call &call, const Shelf &shelf,
                                        const drv::AdoptRequest &request, const Metadata *volume);
    // listing.cpp
    // The rows of either index as lists show them: without what is damaged beyond telling its id.
    void list_objects(const drv::Call &call, const Shelf &shelf, Index &index, std::string_view parent,
                      const drv::ListRequest &request, drv::VolumeSink &sink) const;
    [[nodiscard]] drv::Volume get_object(const Shelf &shelf, Index &index, std::string_view id) const;
    // groups.cpp
    [[nodiscard]] drv::Group to_group(const GroupRecord &record) const;
    [[nodiscard]] std::map<std::string, std::string> memberships() const;
    [[nodiscard]] std::string group_of(std::string_view volume_id) const; // empty: none
    void refuse_strangers(const std::set<std::string> &joining, std::string_view group_id) const;
    [[nodiscard]] Fd lock_group(const drv::Call &call, const std::string &key,
                                const drv::GroupRequest &request) const;
    void list_groups(const drv::Call &call, GroupKind kind, std::string_view parent,
                     const drv::ListRequest &request, drv::GroupSink &sink) const;
    // group_snapshots.cpp
    [[nodiscard]] bool is_member(const GroupRecord &record, const std::string &snapshot_id) const;
    void make_group_snapshot(const drv::Call &call, const std::string &key, const GroupRecord &record,
                             const std::map<std::string, std::string> &wanted) const;
    void undo_group_snapshot(const std::string &key, const GroupRecord &record) const;
    [[nodiscard]] std::vector<Want> wants_of(const std::string &key,
                                             const std::vector<std::string> &members) const;
    // Undoes what a crash left of the group snapshot with this key.
    void finish_group_snapshot(const drv::Call &call, const std::string &key) const;
    void sweep_groups() const;

    drv::Host &host_;
    Settings settings_;
    Fd root_;
    Locks locks_;
    Shelf volumes_;
    GroupShelf groups_;
    Shelf snapshots_;
    Index volume_index_;
    Index snapshot_index_;
    std::string boot_id_;
    std::uint64_t max_bytes_ = 0;
};

} // namespace loopback
