#include "core/api/measured_service.hpp"

#include <chrono>
#include <utility>

namespace drover {

template <typename T>
Done<T> MeasuredService::measured(const char *kind, Done<T> done) const {
    return [&metrics = metrics_, kind, done = std::move(done),
            begin = std::chrono::steady_clock::now()](Result<T> result) {
        metrics.record(kind, result ? std::nullopt : std::optional(result.error().code),
                       std::chrono::steady_clock::now() - begin);
        done(std::move(result));
    };
}

std::string MeasuredService::create(VolumeSpec spec, OperationOptions options, Done<VolumeView> done) {
    return service_.create(std::move(spec), std::move(options), measured("create", std::move(done)));
}

std::string MeasuredService::mount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                                   Done<MountView> done) {
    return service_.mount(ref, use, std::move(options), measured("mount", std::move(done)));
}

std::string MeasuredService::unmount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                                     Done<void> done) {
    return service_.unmount(ref, use, std::move(options), measured("unmount", std::move(done)));
}

std::string MeasuredService::remove(const VolumeRef &ref, RemovePolicy policy, OperationOptions options,
                                    Done<void> done) {
    return service_.remove(ref, policy, std::move(options), measured("remove", std::move(done)));
}

std::string MeasuredService::extend(const VolumeRef &ref, std::uint64_t bytes, OperationOptions options,
                                    Done<VolumeView> done) {
    return service_.extend(ref, bytes, std::move(options), measured("extend", std::move(done)));
}

std::string MeasuredService::snapshot_create(const VolumeRef &ref, const std::string &name,
                                             OperationOptions options, Done<SnapshotView> done) {
    return service_.snapshot_create(ref, name, std::move(options), measured("snapshot", std::move(done)));
}

std::string MeasuredService::snapshot_remove(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                             OperationOptions options, Done<void> done) {
    return service_.snapshot_remove(snapshot, of, std::move(options),
                                    measured("snapshot remove", std::move(done)));
}

std::string MeasuredService::revert(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                    OperationOptions options, Done<VolumeView> done) {
    return service_.revert(snapshot, of, std::move(options), measured("revert", std::move(done)));
}

std::string MeasuredService::retype(const VolumeRef &ref, NewShape shape, OperationOptions options,
                                    Done<VolumeView> done) {
    return service_.retype(ref, std::move(shape), std::move(options), measured("retype", std::move(done)));
}

void MeasuredService::limits(const VolumeRef &ref, OperationOptions options, Done<LimitsView> done) {
    service_.limits(ref, std::move(options), measured("get limits", std::move(done)));
}

std::string MeasuredService::set_limits(const VolumeRef &ref, Limits limits, OperationOptions options,
                                        Done<LimitsView> done) {
    return service_.set_limits(ref, limits, std::move(options), measured("limits", std::move(done)));
}

void MeasuredService::unmanaged(const std::string &backend, OperationOptions options,
                                Done<std::vector<UnmanagedView>> done) {
    service_.unmanaged(backend, std::move(options), measured("unmanaged", std::move(done)));
}

std::string MeasuredService::adopt(AdoptSpec spec, OperationOptions options, Done<VolumeView> done) {
    return service_.adopt(std::move(spec), std::move(options), measured("adopt", std::move(done)));
}

std::string MeasuredService::release(const VolumeRef &ref, OperationOptions options, Done<void> done) {
    return service_.release(ref, std::move(options), measured("release", std::move(done)));
}

void MeasuredService::unmanaged_snapshots(const VolumeRef &ref, OperationOptions options,
                                          Done<std::vector<UnmanagedView>> done) {
    service_.unmanaged_snapshots(ref, std::move(options), measured("unmanaged snapshots", std::move(done)));
}

std::string MeasuredService::snapshot_adopt(const VolumeRef &ref, const std::string &handle,
                                            const std::string &name, OperationOptions options,
                                            Done<SnapshotView> done) {
    return service_.snapshot_adopt(ref, handle, name, std::move(options),
                                   measured("snapshot adopt", std::move(done)));
}

std::string MeasuredService::snapshot_release(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                              OperationOptions options, Done<void> done) {
    return service_.snapshot_release(snapshot, of, std::move(options),
                                     measured("snapshot release", std::move(done)));
}

void MeasuredService::profiles(const std::string &backend, OperationOptions options,
                               Done<std::vector<Profile>> done) {
    service_.profiles(backend, std::move(options), measured("profiles", std::move(done)));
}

void MeasuredService::pool_stats(const std::string &backend, OperationOptions options,
                                 Done<std::vector<BackendStats>> done) {
    service_.pool_stats(backend, std::move(options), measured("stats", std::move(done)));
}

std::string MeasuredService::fence(const std::string &node, std::vector<std::string> backends,
                                   OperationOptions options, Done<std::vector<FencedView>> done) {
    return service_.fence(node, std::move(backends), std::move(options), measured("fence", std::move(done)));
}

std::string MeasuredService::group_create(GroupSpec spec, OperationOptions options, Done<GroupView> done) {
    return service_.group_create(std::move(spec), std::move(options),
                                 measured("group create", std::move(done)));
}

std::string MeasuredService::group_change(const std::string &group, std::vector<std::string> add,
                                          std::vector<std::string> remove, OperationOptions options,
                                          Done<GroupView> done) {
    return service_.group_change(group, std::move(add), std::move(remove), std::move(options),
                                 measured("group change", std::move(done)));
}

std::string MeasuredService::group_remove(const std::string &group, OperationOptions options,
                                          Done<void> done) {
    return service_.group_remove(group, std::move(options), measured("group remove", std::move(done)));
}

std::string MeasuredService::group_snapshot_create(const std::string &group, const std::string &name,
                                                   OperationOptions options, Done<GroupSnapshotView> done) {
    return service_.group_snapshot_create(group, name, std::move(options),
                                          measured("group snapshot", std::move(done)));
}

std::string MeasuredService::group_snapshot_remove(const std::string &group, const std::string &snapshot,
                                                   OperationOptions options, Done<void> done) {
    return service_.group_snapshot_remove(group, snapshot, std::move(options),
                                          measured("group snapshot remove", std::move(done)));
}

void MeasuredService::node_check(OperationOptions options, Done<std::vector<NodeFinding>> done) {
    service_.node_check(std::move(options), measured("node check", std::move(done)));
}

std::string MeasuredService::reload_driver(const std::string &name, OperationOptions options,
                                           Done<std::vector<BackendView>> done) {
    return service_.reload_driver(name, std::move(options), measured("reload", std::move(done)));
}

} // namespace drover
