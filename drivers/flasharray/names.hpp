// All names that this driver gives to objects of an array, and what they tell: a FlashArray keeps nothing
// else for us, so ids, and where a copy came from, live in names.
//
//   drover-[TAG-]ID                a volume; ID is its UUID
//   drover-[TAG-]ID36-PARENT36     a volume that was made from another or from a snapshot; both UUIDs in
//   base 36.
//                                  PARENT36 of zeros: made from nothing, under a second name
//   drover-[TAG-]ID-new            a copy in the making
//   drover-[TAG-]ID-XXXXXXXXXX     destroyed: out of the way, so that the id can be used again at once
//   flocker-CLUSTER-ID             a volume of the Flocker driver; CLUSTER is 18 characters of the cluster's
//   UUID VOLUME.drover-ID               a snapshot VOLUME.ID36-GS36-GROUPHASH     one that belongs to the
//   group snapshot GS of a group drover-[TAG-]ID                also a protection group: volumes and groups
//   are apart on the array drover-[TAG-]NODE              a host object; what the array does not take in a
//   name is written XHH
//
// TAG keeps clusters that share an array apart: 4 characters made of the cluster's id, when it is configured.
// The array takes 63 characters and compares without case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flasharray {

// Throws Error(invalid) for what is no UUID of 36 characters in lower case. `what`: "volume", for the
// message.
void check_uuid(std::string_view id, std::string_view what);
[[nodiscard]] bool is_uuid(std::string_view text) noexcept;
// 25 characters; the UUID must be one.
[[nodiscard]] std::string to_base36(std::string_view uuid);
[[nodiscard]] std::optional<std::string> from_base36(std::string_view text);

enum class NameKind {
    volume,     // it is there, under the id
    unfinished, // a copy that is not complete yet
    tombstone,  // destroyed by us, or about to be
};

struct VolumeName {
    NameKind kind = NameKind::volume;
    std::string id;
    std::string parent; // of a copy; else empty
    bool is_copy = false;
    bool is_flocker = false; // made by the Flocker driver
};

struct SnapshotName {
    std::string volume;         // the array's name of the volume
    std::string id;             // empty: not one of ours
    std::string group_snapshot; // its id; empty: none
    std::string group_hash;     // see Names::group_hash
    bool is_pending = false;    // of a group snapshot that is not complete: has no id yet
    bool is_tombstone = false;
    bool is_of_pgroup = false; // GROUP.SUFFIX.VOLUME: made by a protection group of somebody
};

class Names {
public:
    // `cluster_id`: a UUID, or empty.
    explicit Names(std::string_view cluster_id);

    [[nodiscard]] std::string volume(std::string_view id) const;
    [[nodiscard]] std::string copy(std::string_view id, std::string_view parent) const;
    // For a volume whose first name is taken by one that somebody else destroyed.
    [[nodiscard]] std::string second(std::string_view id) const;
    [[nodiscard]] std::string unfinished(std::string_view id) const;
    [[nodiscard]] std::string tombstone(std::string_view id, std::string_view serial) const;
    [[nodiscard]] static std::string released(std::string_view id, std::string_view serial);
    // Nothing: not a volume of this cluster.
    [[nodiscard]] std::optional<VolumeName> read_volume(std::string_view name) const;
    // A volume of another Drover or Flocker cluster.
    [[nodiscard]] bool is_of_other_cluster(std::string_view name) const;
    // A filter of REST 1.7 for every name of this volume but the plain one, and for all that are ours.
    [[nodiscard]] std::string filter_of(std::string_view id) const;
    [[nodiscard]] std::string filter_of_all() const;

    [[nodiscard]] static std::string snapshot(std::string_view volume, std::string_view id);
    [[nodiscard]] static std::string snapshot_suffix(std::string_view id);
    [[nodiscard]] static std::string snapshot_tombstone(std::string_view volume, std::string_view id,
                                                        std::string_view serial);
    [[nodiscard]] static std::string released_snapshot(std::string_view volume, std::string_view id,
                                                       std::string_view serial);
    [[nodiscard]] static std::string group_member(std::string_view volume, std::string_view id,
                                                  std::string_view group_snapshot, std::string_view group);
    // Of one that group_member named: it still tells the group snapshot.
    [[nodiscard]] static std::string group_member_tombstone(std::string_view volume, std::string_view id,
                                                            std::string_view group_snapshot,
                                                            std::string_view serial);
    [[nodiscard]] static std::string pending_suffix(std::string_view group_snapshot, std::string_view group);
    // 11 characters that stand for the group in the names of its snapshots.
    [[nodiscard]] static std::string group_hash(std::string_view group);
    [[nodiscard]] static SnapshotName read_snapshot(std::string_view name);
    [[nodiscard]] static std::string snapshot_filter(std::string_view id);
    [[nodiscard]] static std::string group_snapshot_filter(std::string_view group_snapshot);

    [[nodiscard]] std::string group(std::string_view id) const;
    [[nodiscard]] std::optional<std::string> read_group(std::string_view name) const;

    [[nodiscard]] std::string host(std::string_view node_id) const;
    // As the Flocker driver named it, where the array takes that.
    [[nodiscard]] static std::string flocker_host(std::string_view node_id);
    // The node id, in whatever case people wrote the name; or nothing: not named by us, or after a node whose
    // id does not fit into a name.
    [[nodiscard]] std::optional<std::string> read_host(std::string_view name) const;

private:
    [[nodiscard]] std::optional<std::string_view> own_part(std::string_view lower_name) const;

    std::string prefix_;         // "drover-" or "drover-TAG-"
    std::string flocker_prefix_; // "flocker-CLUSTER-"; empty: any
};

// Names that the array takes for the same.
[[nodiscard]] bool is_same_name(std::string_view one, std::string_view other) noexcept;
[[nodiscard]] std::string lower_case(std::string_view text);

} // namespace flasharray
