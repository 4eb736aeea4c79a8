// What the agent knows of its volumes and snapshots and must not forget: the rows of the journal. A row is
// written before the act it announces, so that after a crash the same planner goes on from it. Text form: one
// JSON object per row.
#pragma once

#include "core/plan/state.hpp"
#include "core/volume/views.hpp"
#include "loader/volume_types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

struct Use {
    std::uint64_t count = 0;
    bool delivered = false; // the caller has its answer
    bool inherited = false; // counted for an engine that died; its container may have died after it
    bool ending = false;    // its end was asked for and not answered yet: it does not count any more
    bool operator==(const Use &) const = default;
};

struct VolumeRecord {
    std::string id;
    std::string name;
    std::string backend;
    std::uint64_t bytes = 0; // asked for, then what the backend made
    std::string profile;
    std::string pool;
    std::uint64_t created_unix_ns = 0;
    bool created_by_us = true;
    std::optional<VolumeSource> source; // with ids, not names

    bool intent = false;  // create, clone or adoption is in flight; its token is the id
    std::string adopting; // the backend's id of what an adoption in flight takes; empty: none
    std::string owner;    // the backend id we own; empty: none yet. Written once
    plan::Desired desired = plan::Desired::release;

    std::string fstype;
    std::string fs_uuid; // chosen before mkfs; of inherited content once it was seen
    plan::Format format = plan::Format::never;
    std::string format_token; // of the mkfs that was begun
    RootOptions root;
    bool root_prepared = false;

    std::optional<Connection> connection; // from before the device is connected until it is detached again
    std::uint64_t extend_to = 0;          // an extend in flight; 0: none
    bool grow_pending = false;            // the filesystem is smaller than its device
    std::optional<NewShape> retyping;     // a change of profile or pool in flight
    bool releasing = false;               // to be given back to the backend's people, and forgotten here
    std::string reverting;                // the snapshot a revert in flight puts back; empty: none
    bool frozen = false;                  // its filesystem may be frozen: thaw at start
    std::map<std::string, Use> uses;

    [[nodiscard]] std::uint64_t use_count() const noexcept;
    bool operator==(const VolumeRecord &) const; // field by field, as written
};

// conflict, to be tried again: it is being made, deleted or released.
Result<void> check_settled(const VolumeRecord &record);

struct SnapshotRecord {
    enum class State { creating, ready, deleting, releasing };
    std::string id;
    std::string name;
    std::string volume_id;
    std::string backend;
    std::uint64_t bytes = 0;
    std::uint64_t created_unix_ns = 0;
    bool filesystem_consistent = false;
    bool formatted = false; // its volume had a filesystem when it was taken
    std::string fstype;     // of that filesystem
    std::string fs_uuid;
    State state = State::creating;
    bool operator==(const SnapshotRecord &) const = default;
};

struct GroupRecord {
    enum class State { creating, ready, changing, deleting };
    std::string id;
    std::string name;
    std::string backend;
    std::uint64_t created_unix_ns = 0;
    std::vector<std::string>
        members;                  // ids of volumes, sorted; while it is being created: those it shall have
    std::vector<std::string> add; // of a change in flight
    std::vector<std::string> remove;
    State state = State::creating;
    bool operator==(const GroupRecord &) const = default;
};

// Its members' snapshots have rows of their own.
struct GroupSnapshotRecord {
    std::string id;
    std::string name;
    std::string group_id;
    std::string backend;
    std::uint64_t created_unix_ns = 0;
    bool filesystem_consistent = false;
    std::map<std::string, std::string> snapshots; // id of the volume -> id of its snapshot
    SnapshotRecord::State state = SnapshotRecord::State::creating;
    bool operator==(const GroupSnapshotRecord &) const = default;
};

std::string_view to_string(SnapshotRecord::State state) noexcept;
std::string_view to_string(GroupRecord::State state) noexcept;

std::string encode(const VolumeRecord &record);
std::string encode(const SnapshotRecord &record);
std::string encode(const GroupRecord &record);
std::string encode(const GroupSnapshotRecord &record);
// Strict: a missing or mistyped field is an error that names it; unknown fields are refused, since dropping
// one could lose what a newer agent wrote.
Result<VolumeRecord> decode_volume(std::string_view text);
Result<SnapshotRecord> decode_snapshot(std::string_view text);
Result<GroupRecord> decode_group(std::string_view text);
Result<GroupSnapshotRecord> decode_group_snapshot(std::string_view text);

} // namespace drover
