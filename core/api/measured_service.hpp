// A volume service that counts and times every operation it passes on, whichever front it came from. It
// decides nothing: give it to the fronts in place of the service itself.
#pragma once

#include "core/api/metrics.hpp"
#include "core/volume/service.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace drover {

class MeasuredService final : public VolumeService {
public:
    // Both outlive it and every operation it has passed on.
    MeasuredService(VolumeService &service, Metrics &metrics) noexcept
        : service_(service), metrics_(metrics) {}

    Result<VolumeView> get(const VolumeRef &ref) const override { return service_.get(ref); }
    std::vector<VolumeView> list(const std::string &backend) const override { return service_.list(backend); }
    Result<std::vector<SnapshotView>> snapshots(const std::optional<VolumeRef> &of) const override {
        return service_.snapshots(of);
    }
    Result<SnapshotView> snapshot(const std::string &snapshot,
                                  const std::optional<VolumeRef> &of) const override {
        return service_.snapshot(snapshot, of);
    }
    std::vector<BackendView> backends() const override { return service_.backends(); }
    std::vector<OperationView> operations() const override { return service_.operations(); }
    Result<OperationView> operation(const std::string &id) const override { return service_.operation(id); }
    std::uint64_t watch_operation(const std::string &id, unsigned seen_permille,
                                  const std::string &seen_stage, std::function<void()> changed) override {
        return service_.watch_operation(id, seen_permille, seen_stage, std::move(changed));
    }
    void stop_watching(std::uint64_t token) override { service_.stop_watching(token); }
    const std::string &node_id() const override { return service_.node_id(); }
    const std::string &cluster_id() const override { return service_.cluster_id(); }
    void mount_delivered(const VolumeRef &ref, const std::string &use) override {
        service_.mount_delivered(ref, use);
    }
    void engine_seen(const EngineIdentity &engine) override { service_.engine_seen(engine); }

    std::string create(VolumeSpec spec, OperationOptions options, Done<VolumeView> done) override;
    std::string mount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                      Done<MountView> done) override;
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
    std::vector<GroupView> groups() const override { return service_.groups(); }
    Result<GroupView> group(const std::string &group) const override { return service_.group(group); }
    Result<std::vector<GroupSnapshotView>> group_snapshots(const std::string &group) const override {
        return service_.group_snapshots(group);
    }
    Result<GroupSnapshotView> group_snapshot(const std::string &group,
                                             const std::string &snapshot) const override {
        return service_.group_snapshot(group, snapshot);
    }
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

private:
    template <typename T>
    Done<T> measured(const char *kind, Done<T> done) const;

    VolumeService &service_;
    Metrics &metrics_;
};

} // namespace drover
