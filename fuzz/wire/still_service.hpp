// A volume service that does nothing and answers at once, on the caller's thread: one volume "v" exists, with
// one snapshot "s"; every act on it works, and every other name is unknown, in words that repeat it.
#pragma once

#include "core/volume/service.hpp"

namespace drover::fuzz {

class StillService final : public VolumeService {
public:
    StillService();

    [[nodiscard]] const VolumeSpec &last_spec() const noexcept { return last_spec_; }

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
    void stop_watching(std::uint64_t) override {}
    const std::string &node_id() const override { return node_id_; }
    const std::string &cluster_id() const override { return cluster_id_; }
    std::string create(VolumeSpec spec, OperationOptions options, Done<VolumeView> done) override;
    std::string mount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                      Done<MountView> done) override;
    void mount_delivered(const VolumeRef &, const std::string &) override {}
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
    void node_check(OperationOptions, Done<std::vector<NodeFinding>> done) override {
        done(std::vector<NodeFinding>{
            {.check = "iscsi.iscsid", .level = "ok", .message = "it runs", .cure = {}}});
    }
    std::string reload_driver(const std::string &name, OperationOptions options,
                              Done<std::vector<BackendView>> done) override;
    void engine_seen(const EngineIdentity &) override {}

private:
    Result<void> known(const VolumeRef &ref) const;

    VolumeView volume_;
    SnapshotView snapshot_;
    VolumeSpec last_spec_;
    std::string node_id_ = "node-1";
    std::string cluster_id_ = "5b3f0e9a-0000-4000-8000-000000000001";
};

} // namespace drover::fuzz
