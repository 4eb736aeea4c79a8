// A volume service in memory for tests of the fronts: it counts uses as the real one promises, runs acts on a
// thread of its own one after the other, can hold acts until it is told to let them go, and writes down what
// it was asked.
#pragma once

#include "core/volume/service.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace drover::testing {

class FakeService final : public VolumeService {
public:
    FakeService();
    ~FakeService() override;

    // ---- For tests ----
    VolumeView &add(const std::string &name, const std::string &backend = "gold"); // not while fronts run
    void add_snapshot(const std::string &volume, const std::string &name);
    // Acts on this volume wait, whatever their kind; others go on.
    void hold(const std::string &volume);
    void let_go(const std::string &volume);
    // The next act of this kind fails.
    void fail_next(const std::string &kind, Error error);
    void progress(const std::string &volume, unsigned permille, const std::string &stage);
    // Waits until this line was written down; false after a minute.
    bool wait_for(const std::string &line);
    std::vector<std::string> log() const;
    std::uint64_t uses(const std::string &volume) const;
    std::uint64_t count(const std::string &volume, const std::string &use) const;
    VolumeSpec last_spec() const;
    std::size_t watchers() const;

    // ---- VolumeService ----
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
    const std::string &node_id() const override { return node_id_; }
    const std::string &cluster_id() const override { return cluster_id_; }
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

    std::string backend_state = "ready";

private:
    struct Job {
        std::string volume;
        std::function<void()> run;
    };
    struct Watcher {
        std::string operation;
        std::function<void()> changed;
    };

    template <typename T>
    std::string act(const std::string &kind, const std::string &volume, Done<T> done,
                    std::function<Result<T>()> work);
    void note(std::string line);                                              // under the mutex
    Result<VolumeView *> find(const VolumeRef &ref) const;                    // under the mutex
    std::vector<std::function<void()>> changed(const std::string &operation); // under the mutex
    void work();

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::set<std::string> held_;
    std::map<std::string, Error> failures_;
    mutable std::map<std::string, VolumeView> volumes_;
    std::map<std::string, std::map<std::string, std::uint64_t>> uses_;
    std::vector<SnapshotView> snapshots_;
    mutable std::map<std::string, GroupView> groups_;
    std::vector<GroupSnapshotView> group_snapshots_;
    std::map<std::string, OperationView> operations_;
    std::map<std::uint64_t, Watcher> watchers_;
    std::uint64_t next_ = 1;
    std::vector<std::string> log_;
    VolumeSpec last_spec_;
    Limits limits_;
    std::string node_id_ = "node-1";
    std::string cluster_id_ = "5b3f0e9a-0000-4000-8000-000000000001";
    bool is_stopping_ = false;
    std::thread worker_;
};

} // namespace drover::testing
