// The one way through the house: every front (Docker, API, CSI) asks this service, and only it decides. Reads
// answer from memory and never wait for a driver. Everything that acts is queued per volume, so that one
// stuck volume never holds up another, runs on a worker, writes its intent to the store before it acts, and
// ends by calling `done` exactly once, on a worker thread.
//
// Threads: all methods from any thread. `done` must not block for long; it may call the service again.
#pragma once

#include "core/volume/views.hpp"
#include "loader/base/deadline.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace drover {

template <typename T>
using Done = std::function<void(Result<T>)>;

// How long the queued work may take in all, and who asked (for logs and the drivers' request ids).
struct OperationOptions {
    Deadline deadline = Deadline::never();
    std::string request_id; // empty: one is made
};

// A process that speaks the Docker plugin protocol, as SO_PEERCRED and /proc tell.
struct EngineIdentity {
    int pid = 0;
    std::uint64_t start_ticks = 0; // /proc/PID/stat field 22
    bool operator==(const EngineIdentity &) const = default;
};

enum class RemovePolicy {
    destroy,        // also on the backend
    keep,           // forget it here, keep it on the backend
    destroy_if_ours // destroy what we created, keep what we adopted
};

class VolumeService {
public:
    virtual ~VolumeService() = default;

    // ---- Reads: from memory, at once. ----
    virtual Result<VolumeView> get(const VolumeRef &ref) const = 0; // not_found names what was asked
    virtual std::vector<VolumeView>
    list(const std::string &backend = {}) const = 0; // sorted by name; empty backend: all
    virtual Result<std::vector<SnapshotView>> snapshots(const std::optional<VolumeRef> &of) const = 0;
    // `snapshot` is a name or id; a name needs the volume.
    virtual Result<SnapshotView> snapshot(const std::string &snapshot,
                                          const std::optional<VolumeRef> &of) const = 0;
    virtual std::vector<BackendView> backends() const = 0; // the default one first, then as in agent.yml
    virtual std::vector<OperationView> operations() const = 0;
    virtual Result<OperationView> operation(const std::string &id) const = 0;
    // Calls `changed` once (on any thread) when the operation ended or its permille or stage differ from
    // `seen`; at once if they do already. Unknown id: at once. Returns a token for stop_watching.
    virtual std::uint64_t watch_operation(const std::string &id, unsigned seen_permille,
                                          const std::string &seen_stage, std::function<void()> changed) = 0;
    virtual void stop_watching(std::uint64_t token) = 0;
    virtual const std::string &node_id() const = 0;
    virtual const std::string &cluster_id() const = 0;

    // ---- Acts. Each returns the id of its operation. ----

    // Makes the volume, or takes the one that exists. Idempotent. It is neither attached nor formatted yet.
    virtual std::string create(VolumeSpec spec, OperationOptions options, Done<VolumeView> done) = 0;

    // Attaches, formats (only what is provably blank and never was formatted) and mounts, and counts one use
    // by `use` (a caller's own id, any text up to 255 bytes). The count is on disk before `done`. Failure
    // counts nothing. A use stays "undelivered", and is dropped at the next start unless some other mount
    // namespace has the volume, until mount_delivered.
    virtual std::string mount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                              Done<MountView> done) = 0;
    // The caller of mount has its answer.
    virtual void mount_delivered(const VolumeRef &ref, const std::string &use) = 0;
    // Takes one use back; after the last one unmounts and detaches. An unknown use or an unmounted volume:
    // success, no change. Busy: Code::conflict naming the holders, and the use stays counted.
    virtual std::string unmount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                                Done<void> done) = 0;

    // conflict while it is in use here or elsewhere (naming the node), or has snapshots. Absent: not_found.
    virtual std::string remove(const VolumeRef &ref, RemovePolicy policy, OperationOptions options,
                               Done<void> done) = 0;
    // Grows the volume and its filesystem to at least `bytes`; smaller: invalid. Online where the backend and
    // kernel can.
    virtual std::string extend(const VolumeRef &ref, std::uint64_t bytes, OperationOptions options,
                               Done<VolumeView> done) = 0;
    // Freezes a mounted filesystem around it. The same name again: the one that exists. Empty name: one is
    // made from the time.
    virtual std::string snapshot_create(const VolumeRef &ref, const std::string &name,
                                        OperationOptions options, Done<SnapshotView> done) = 0;
    virtual std::string snapshot_remove(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                        OperationOptions options, Done<void> done) = 0;
    // Puts the snapshot's data back into its volume, which must be in use nowhere.
    virtual std::string revert(const std::string &snapshot, const std::optional<VolumeRef> &of,
                               OperationOptions options, Done<VolumeView> done) = 0;
    // Gives the volume another profile or pool, in place; its data, size and id stay. It has that shape
    // already: success. conflict: it needs a copy that is not allowed, or cannot be done while it is in use.
    virtual std::string retype(const VolumeRef &ref, NewShape shape, OperationOptions options,
                               Done<VolumeView> done) = 0;
    // What the volume may take of its backend, asked of its driver.
    virtual void limits(const VolumeRef &ref, OperationOptions options, Done<LimitsView> done) = 0;
    // Makes exactly these the volume's limits; none at all: removes those it has. What the backend has made
    // of them. unsupported names the limits it has not. Idempotent.
    virtual std::string set_limits(const VolumeRef &ref, Limits limits, OperationOptions options,
                                   Done<LimitsView> done) = 0;

    // What the backend (empty: the default one) has and Drover does not manage, asked of its driver.
    virtual void unmanaged(const std::string &backend, OperationOptions options,
                           Done<std::vector<UnmanagedView>> done) = 0;
    // Makes one of them a volume of ours, without touching its data; one that was destroyed is recovered. It
    // is never formatted, here or by any other agent. The same again: the volume. exists: the name or the
    // object is another volume's; conflict says why it cannot be adopted.
    virtual std::string adopt(AdoptSpec spec, OperationOptions options, Done<VolumeView> done) = 0;
    // Gives the volume back to the backend's people: keeps its data, detaches it here, forgets it. conflict
    // while it is in use anywhere, in a group, or has snapshots.
    virtual std::string release(const VolumeRef &ref, OperationOptions options, Done<void> done) = 0;
    // The same three for the snapshots of a volume of ours.
    virtual void unmanaged_snapshots(const VolumeRef &ref, OperationOptions options,
                                     Done<std::vector<UnmanagedView>> done) = 0;
    virtual std::string snapshot_adopt(const VolumeRef &ref, const std::string &handle,
                                       const std::string &name, OperationOptions options,
                                       Done<SnapshotView> done) = 0;
    virtual std::string snapshot_release(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                         OperationOptions options, Done<void> done) = 0;

    // The profiles of a backend (empty: the default one), asked of its driver.
    virtual void profiles(const std::string &backend, OperationOptions options,
                          Done<std::vector<Profile>> done) = 0;

    // The statistics of the pools of a backend (empty: the default one), asked of its driver.
    virtual void pool_stats(const std::string &backend, OperationOptions options,
                            Done<std::vector<BackendStats>> done) = 0;
    // Cuts another node off from these backends (none named: from all), each tried whatever the others say.
    // Success: no write of that node can arrive there any more, until something attaches a volume to it
    // again. Any error: it is not cut off from the backends that the error names. This node: invalid.
    // Repeating is safe.
    virtual std::string fence(const std::string &node, std::vector<std::string> backends,
                              OperationOptions options, Done<std::vector<FencedView>> done) = 0;

    // ---- Consistency groups. A group is named by its name or id; `group_snapshot` by name or id too. ----
    virtual std::vector<GroupView> groups() const = 0; // sorted by name
    virtual Result<GroupView> group(const std::string &group) const = 0;
    // Of one group, or of all when `group` is empty; the oldest first.
    virtual Result<std::vector<GroupSnapshotView>> group_snapshots(const std::string &group) const = 0;
    virtual Result<GroupSnapshotView> group_snapshot(const std::string &group,
                                                     const std::string &snapshot) const = 0;
    // Idempotent: the same name and volumes again give the group; other volumes are Code::exists.
    virtual std::string group_create(GroupSpec spec, OperationOptions options, Done<GroupView> done) = 0;
    // Adding a member or removing a stranger changes nothing. All or none.
    virtual std::string group_change(const std::string &group, std::vector<std::string> add,
                                     std::vector<std::string> remove, OperationOptions options,
                                     Done<GroupView> done) = 0;
    // The volumes stay. conflict: it has snapshots.
    virtual std::string group_remove(const std::string &group, OperationOptions options, Done<void> done) = 0;
    // Snapshots of all members at one instant, around which their mounted filesystems are frozen. The same
    // name again: the one that exists. Empty name: one is made from the time.
    virtual std::string group_snapshot_create(const std::string &group, const std::string &name,
                                              OperationOptions options, Done<GroupSnapshotView> done) = 0;
    // With the members' snapshots. conflict: a clone needs one of them, and then none is removed.
    virtual std::string group_snapshot_remove(const std::string &group, const std::string &snapshot,
                                              OperationOptions options, Done<void> done) = 0;

    // What this node lacks for the protocols of its backends that are open, and how to mend it.
    virtual void node_check(OperationOptions options, Done<std::vector<NodeFinding>> done) = 0;

    // See Backends::reload; the backends that it replaced, as they are then.
    virtual std::string reload_driver(const std::string &name, OperationOptions options,
                                      Done<std::vector<BackendView>> done) = 0;

    // An engine connected. When it is another one than last time (dockerd restarted), the use counts are
    // compared with what the kernel says is mounted, before any later operation on those volumes runs.
    virtual void engine_seen(const EngineIdentity &engine) = 0;
};

} // namespace drover
