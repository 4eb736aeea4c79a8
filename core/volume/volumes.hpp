// The volume service: VolumeService over a journal, open backends and this host. It queues work per volume,
// keeps the use counts, and goes on after a crash. What to do next is the planner's decision; how is the
// converger's.
#pragma once

#include "core/connect/connectors.hpp"
#include "core/volume/backends.hpp"
#include "core/volume/converge.hpp"
#include "core/volume/journal.hpp"
#include "core/volume/live.hpp"
#include "core/volume/node.hpp"
#include "core/volume/operations.hpp"
#include "core/volume/service.hpp"
#include "core/volume/turns.hpp"
#include "core/volume/workers.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace drover {

class Volumes final : public VolumeService {
public:
    // All references must outlive the service. `workers` must be stopped before the service goes.
    struct Parts {
        Journal &journal;
        Backends &backends;
        const connect::Connectors &connectors;
        Workers &workers;
        Node node;
        VolumeDefaults defaults;
    };
    explicit Volumes(Parts parts);
    ~Volumes() override;

    // Once, before any front is served: thaws what a crash left frozen, drops the uses of another boot, and
    // queues the completion of everything the journal says was begun. Needs no open backend; what needs one
    // waits in the background.
    Result<void> recover();
    // A backend became ready: whatever waited for it is tried again now.
    void backend_ready(const std::string &backend);
    // The kernel's mount table changed: volumes that are shown as mounted and are not any more are looked at
    // again.
    void mounts_changed();

    Result<VolumeView> get(const VolumeRef &ref) const override;
    std::vector<VolumeView> list(const std::string &backend) const override;
    Result<std::vector<SnapshotView>> snapshots(const std::optional<VolumeRef> &of) const override;
    Result<SnapshotView> snapshot(const std::string &snapshot,
                                  const std::optional<VolumeRef> &of) const override;
    std::vector<BackendView> backends() const override;
    std::vector<OperationView> operations() const override;
    Result<OperationView> operation(const std::string &id) const override;
    std::uint64_t watch_operation(const std::string &id, unsigned seen_permille,
                                  const std::string &seen_stage, std::function<void()> changed) override;
    void stop_watching(std::uint64_t token) override;
    const std::string &node_id() const override { return parts_.node.identity.id; }
    const std::string &cluster_id() const override { return parts_.node.cluster_id; }

    std::string create(VolumeSpec spec, OperationOptions options, Done<VolumeView> done) override;
    std::string mount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                      Done<MountView> done) override;
    void mount_delivered(const VolumeRef &ref, const std::string &use) override;
    std::string unmount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                        Done<void> done) override;
    std::string remove(const VolumeRef &ref, RemovePolicy policy, OperationOptions options,
                       Done<void> done) override;
    std::string extend(const VolumeRef &ref, std::uint64_t bytes, OperationOptions options,
                       Done<VolumeView> done) override;
    std::string snapshot_create(const VolumeRef &ref, const std::string &name, OperationOptions options,
                                Done<SnapshotView> done) override;
    std::string snapshot_remove(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                OperationOptions options, Done<void> done) override;
    std::string revert(const std::string &snapshot, const std::optional<VolumeRef> &of,
                       OperationOptions options, Done<VolumeView> done) override;
    std::string retype(const VolumeRef &ref, NewShape shape, OperationOptions options,
                       Done<VolumeView> done) override;
    void limits(const VolumeRef &ref, OperationOptions options, Done<LimitsView> done) override;
    std::string set_limits(const VolumeRef &ref, Limits limits, OperationOptions options,
                           Done<LimitsView> done) override;
    void unmanaged(const std::string &backend, OperationOptions options,
                   Done<std::vector<UnmanagedView>> done) override;
    std::string adopt(AdoptSpec spec, OperationOptions options, Done<VolumeView> done) override;
    std::string release(const VolumeRef &ref, OperationOptions options, Done<void> done) override;
    void unmanaged_snapshots(const VolumeRef &ref, OperationOptions options,
                             Done<std::vector<UnmanagedView>> done) override;
    std::string snapshot_adopt(const VolumeRef &ref, const std::string &handle, const std::string &name,
                               OperationOptions options, Done<SnapshotView> done) override;
    std::string snapshot_release(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                 OperationOptions options, Done<void> done) override;
    void profiles(const std::string &backend, OperationOptions options,
                  Done<std::vector<Profile>> done) override;
    void pool_stats(const std::string &backend, OperationOptions options,
                    Done<std::vector<BackendStats>> done) override;
    std::string fence(const std::string &node, std::vector<std::string> backends, OperationOptions options,
                      Done<std::vector<FencedView>> done) override;
    std::vector<GroupView> groups() const override;
    Result<GroupView> group(const std::string &group) const override;
    Result<std::vector<GroupSnapshotView>> group_snapshots(const std::string &group) const override;
    Result<GroupSnapshotView> group_snapshot(const std::string &group,
                                             const std::string &snapshot) const override;
    std::string group_create(GroupSpec spec, OperationOptions options, Done<GroupView> done) override;
    std::string group_change(const std::string &group, std::vector<std::string> add,
                             std::vector<std::string> remove, OperationOptions options,
                             Done<GroupView> done) override;
    std::string group_remove(const std::string &group, OperationOptions options, Done<void> done) override;
    std::string group_snapshot_create(const std::string &group, const std::string &name,
                                      OperationOptions options, Done<GroupSnapshotView> done) override;
    std::string group_snapshot_remove(const std::string &group, const std::string &snapshot,
                                      OperationOptions options, Done<void> done) override;
    void node_check(OperationOptions options, Done<std::vector<NodeFinding>> done) override;
    std::string reload_driver(const std::string &name, OperationOptions options,
                              Done<std::vector<BackendView>> done) override;
    void engine_seen(const EngineIdentity &engine) override;

private:
    // Where a job runs and what it is called.
    struct Job {
        std::string kind;
        std::string lane;                // the backend
        std::string key;                 // the volume's id
        std::string volume;              // its name, for people
        std::string about = "volume {}"; // how errors name it
    };

    template <typename T>
    std::string submit(Job job, OperationOptions options, std::function<Result<T>(const Task &)> work,
                       Done<T> done);
    // A job that is about a volume which exists; answers not_found through `done` otherwise.
    template <typename T>
    std::string submit_for(std::string_view kind, const VolumeRef &ref, OperationOptions options,
                           std::function<Result<T>(const Task &, VolumeRecord)> work, Done<T> done);

    // The work itself, on a worker, alone on its volume.
    Result<VolumeView> do_create(const Task &task, const VolumeSpec &spec, const std::string &id,
                                 const std::string &backend);
    Result<VolumeView> create_existing(const Task &task, const VolumeSpec &spec, VolumeRecord record);
    Result<std::optional<VolumeView>> adopt(const Task &task, const VolumeSpec &spec, const std::string &id,
                                            const std::string &backend);
    Result<std::optional<BackendVolume>> find_on_backend(const Task &task, const VolumeSpec &spec,
                                                         Driver &driver, const std::string &id) const;
    Result<VolumeView> create_new(const Task &task, const VolumeSpec &spec, const std::string &id,
                                  const std::string &backend);
    Result<VolumeView> finish_create(const Task &task, VolumeRecord &record);
    Result<bool> withdraw_create(const Task &task, const VolumeRecord &record, const Error &failure);
    Result<VolumeRecord> record_for(const VolumeSpec &spec, const std::string &id,
                                    const std::string &backend) const;
    Result<void> converge_from_source(VolumeRecord &record, const Task &task);
    Result<MountView> do_mount(const Task &task, VolumeRecord record, const std::string &use);
    Result<void> do_unmount(const Task &task, VolumeRecord record, const std::string &use);
    Result<void> do_remove(const Task &task, VolumeRecord record, RemovePolicy policy);
    Result<void> forget(const Task &task, VolumeRecord record);
    Result<VolumeView> do_extend(const Task &task, VolumeRecord record, std::uint64_t bytes);
    Result<void> finish_extend(const Task &task, VolumeRecord &record);
    Result<VolumeView> do_retype(const Task &task, VolumeRecord record, NewShape shape);
    Result<void> finish_retype(const Task &task, VolumeRecord &record);
    Result<LimitsView> do_set_limits(const Task &task, VolumeRecord record, const Limits &limits);
    Result<VolumeView> do_adopt(const Task &task, const AdoptSpec &spec, const std::string &id);
    Result<void> finish_adopt(const Task &task, VolumeRecord &record);
    Result<void> do_release(const Task &task, VolumeRecord record);
    Result<void> finish_release(const Task &task, VolumeRecord &record);
    Result<SnapshotView> do_snapshot_adopt(const Task &task, VolumeRecord record, const std::string &handle,
                                           std::string name);
    Result<void> do_snapshot_release(const Task &task, const std::string &id);
    // For listings: its own queue, so that it does not wait for a volume; no operation.
    template <typename T>
    void ask(const std::string &backend, const std::string &what, OperationOptions options, Done<T> done,
             std::function<Result<T>(Driver &, const CallContext &)> question,
             std::optional<Error> refused = std::nullopt);
    Result<SnapshotView> do_snapshot(const Task &task, VolumeRecord record, std::string name);
    Result<void> do_snapshot_remove(const Task &task, const std::string &id);
    Result<VolumeView> do_revert(const Task &task, VolumeRecord record, const std::string &snapshot_id);
    Result<void> finish_revert(const Task &task, VolumeRecord &record);
    Result<std::vector<FencedView>> do_fence(const Task &task, const std::string &node,
                                             std::vector<std::string> backends);
    std::vector<GroupMember> members_of(const std::vector<std::string> &volume_ids) const;
    template <typename T>
    std::string submit_for_group(std::string_view kind, const std::string &group, OperationOptions options,
                                 std::function<Result<T>(const Task &, GroupRecord)> work, Done<T> done);
    Result<GroupView> do_group_create(const Task &task, GroupRecord wanted);
    Result<GroupView> do_group_change(const Task &task, GroupRecord record,
                                      const std::vector<std::string> &add,
                                      const std::vector<std::string> &remove);
    Result<void> do_group_remove(const Task &task, GroupRecord record);
    // Does what the record announces, and writes down how it ended.
    Result<void> finish_group(const Task &task, GroupRecord &record,
                              std::chrono::nanoseconds pause = std::chrono::milliseconds(100));
    Result<std::vector<std::string>> volumes_for_group(const std::vector<std::string> &names,
                                                       const std::string &group_id,
                                                       std::string &backend) const;
    Result<GroupSnapshotView> do_group_snapshot(const Task &task, const GroupRecord &group, std::string name);
    Result<void> do_group_snapshot_remove(const Task &task, GroupSnapshotRecord record);
    Result<void> take_group_snapshot(const Task &task, GroupSnapshotRecord &record);
    // Taken or not, removed or not? Asks the backend and writes it down.
    Result<void> settle_group_snapshot(const Task &task, GroupSnapshotRecord record);
    Result<void> forget_group_snapshot(const GroupSnapshotRecord &record, Step step);
    Result<void> keep_group_snapshot(GroupSnapshotRecord &record,
                                     const std::map<std::string, bool> &consistent);
    // Freezes the filesystems of all of them around `work`; tells in `consistent` which data is.
    Result<void> all_frozen(std::span<VolumeRecord> records, const Task &task,
                            std::map<std::string, bool> &consistent,
                            const std::function<Result<void>()> &work);
    void group_later(const std::string &id, const std::string &backend, std::chrono::nanoseconds delay);
    void groups_begun(const std::string &backend); // empty: of all backends
    void group_now(const std::string &id, const std::string &backend, std::chrono::nanoseconds delay);
    [[nodiscard]] GroupView view(const GroupRecord &record) const;
    [[nodiscard]] GroupSnapshotView view(const GroupSnapshotRecord &record) const;
    Result<FencedView> fence_on(const Task &task, const std::string &node, const std::string &backend);
    // Freezes the filesystem of a mounted volume around `work`. The bool: the data is consistent for its
    // filesystem.
    Result<bool> frozen(VolumeRecord &record, const Task &task, const std::function<Result<void>()> &work);

    // Before it is removed or released.
    [[nodiscard]] Result<void> check_in_no_group(const VolumeRecord &record) const;

    // The background: goes on with what a record says was begun, and again after a pause when that fails.
    void converge_later(const VolumeRecord &record, std::chrono::nanoseconds delay);
    void converge_now(const std::string &id, std::uint64_t turn);
    // The same, and until then the volume shows why it is needed.
    void go_on_later(const VolumeRecord &record, const Error &why);
    Result<void> go_on(VolumeRecord &record, const Task &task);
    Result<void> go_on_reverting(VolumeRecord &record, const Task &task);
    Result<void> go_on_adopting(const Task &task, VolumeRecord &record);
    Result<void> thaw_leftover(VolumeRecord &record) const;
    void note_failure(const VolumeRecord &record, const Error &error,
                      std::optional<std::chrono::nanoseconds> retry_in);
    void reconcile_uses(const std::string &id);
    void drop_dead_heirs(VolumeRecord &record, const Task &task);

    [[nodiscard]] VolumeView view(const VolumeRecord &record) const;
    template <typename T>
    void refresh(T &result) const;
    [[nodiscard]] VolumeView view_of(const std::string &id) const;
    [[nodiscard]] SnapshotView view(const SnapshotRecord &record) const;
    [[nodiscard]] std::string data_path(const VolumeRecord &record) const;
    // Held by whatever job works on a volume; a clone holds its source's as well.
    std::shared_ptr<std::mutex> lock_of(const std::string &id);

    Parts parts_;
    Journal &journal_;
    LiveTable live_;
    Operations operations_;
    Converger converger_;
    std::mutex locks_mutex_;
    std::unordered_map<std::string, std::weak_ptr<std::mutex>> locks_;
    Turns turns_; // of converge_later
    std::mutex reverts_mutex_;
    std::unordered_set<std::string> reverts_begun_here_; // ids of volumes, in this life of the agent
    std::mutex engine_mutex_;
    EngineIdentity engine_;
};

} // namespace drover
