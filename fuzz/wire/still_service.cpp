#include "fuzz/wire/still_service.hpp"

namespace drover::fuzz {

namespace {
constexpr const char *kOperation = "op-1";
}

StillService::StillService() {
    volume_.id = "11111111-2222-5333-8444-555555555555";
    volume_.name = "v";
    volume_.backend = "gold";
    volume_.status = VolumeStatus::available;
    volume_.bytes = 1 << 20;
    volume_.created_unix_ns = 1'767'323'045'000'000'000;
    snapshot_ = {.id = "s-1",
                 .name = "s",
                 .volume_id = volume_.id,
                 .volume = "v",
                 .backend = "gold",
                 .status = "ready"};
}

Result<void> StillService::known(const VolumeRef &ref) const {
    if ((ref.name_or_id == volume_.name || ref.name_or_id == volume_.id) &&
        (ref.backend.empty() || ref.backend == volume_.backend))
        return {};
    return fail(Code::not_found, "there is no volume \"" + ref.name_or_id + "\" on " + ref.backend);
}

Result<VolumeView> StillService::get(const VolumeRef &ref) const {
    return known(ref).map([&] { return volume_; });
}
std::vector<VolumeView> StillService::list(const std::string &backend) const {
    return backend.empty() || backend == volume_.backend ? std::vector{volume_} : std::vector<VolumeView>();
}
Result<std::vector<SnapshotView>> StillService::snapshots(const std::optional<VolumeRef> &of) const {
    return (of ? known(*of) : Result<void>()).map([&] { return std::vector{snapshot_}; });
}
Result<SnapshotView> StillService::snapshot(const std::string &snapshot,
                                            const std::optional<VolumeRef> &of) const {
    if (snapshot != snapshot_.id && (snapshot != snapshot_.name || !of))
        return fail(Code::not_found, "there is no snapshot \"" + snapshot + "\"");
    return (of ? known(*of) : Result<void>()).map([&] { return snapshot_; });
}
std::vector<BackendView> StillService::backends() const {
    BackendView backend;
    backend.name = "gold";
    backend.driver = "loopback";
    backend.state = "ready";
    return {backend};
}
std::vector<OperationView> StillService::operations() const {
    return {*operation(kOperation)};
}
Result<OperationView> StillService::operation(const std::string &id) const {
    if (id != kOperation)
        return fail(Code::not_found, "there is no operation \"" + id + "\"");
    return OperationView{.id = id, .kind = "create", .volume = "v", .done = true, .permille = 1000};
}
std::uint64_t StillService::watch_operation(const std::string &, unsigned, const std::string &,
                                            std::function<void()> changed) {
    changed();
    return 1;
}

std::string StillService::create(VolumeSpec spec, OperationOptions, Done<VolumeView> done) {
    VolumeView made = volume_;
    made.name = spec.name;
    last_spec_ = std::move(spec);
    done(std::move(made));
    return kOperation;
}
std::string StillService::mount(const VolumeRef &ref, const std::string &, OperationOptions,
                                Done<MountView> done) {
    done(known(ref).map([&] { return MountView{.mountpoint = "/flocker/v", .volume = volume_}; }));
    return kOperation;
}
std::string StillService::unmount(const VolumeRef &ref, const std::string &, OperationOptions,
                                  Done<void> done) {
    done(known(ref));
    return kOperation;
}
std::string StillService::remove(const VolumeRef &ref, RemovePolicy, OperationOptions, Done<void> done) {
    done(known(ref));
    return kOperation;
}
std::string StillService::extend(const VolumeRef &ref, std::uint64_t, OperationOptions,
                                 Done<VolumeView> done) {
    done(get(ref));
    return kOperation;
}
std::string StillService::snapshot_create(const VolumeRef &ref, const std::string &name, OperationOptions,
                                          Done<SnapshotView> done) {
    SnapshotView made = snapshot_;
    made.name = name;
    done(known(ref).map([&] { return made; }));
    return kOperation;
}
std::string StillService::snapshot_remove(const std::string &name, const std::optional<VolumeRef> &of,
                                          OperationOptions, Done<void> done) {
    const auto found = snapshot(name, of);
    done(found ? Result<void>() : fail(found.error()));
    return kOperation;
}
std::string StillService::revert(const std::string &name, const std::optional<VolumeRef> &of,
                                 OperationOptions, Done<VolumeView> done) {
    const auto found = snapshot(name, of);
    done(found ? Result<VolumeView>(volume_) : fail(found.error()));
    return kOperation;
}
std::string StillService::retype(const VolumeRef &ref, NewShape, OperationOptions, Done<VolumeView> done) {
    done(get(ref));
    return kOperation;
}
void StillService::limits(const VolumeRef &ref, OperationOptions, Done<LimitsView> done) {
    done(known(ref).map([] { return LimitsView(); }));
}
std::string StillService::set_limits(const VolumeRef &ref, Limits limits, OperationOptions,
                                     Done<LimitsView> done) {
    done(known(ref).map([&] { return LimitsView{.limits = limits, .kinds = {}}; }));
    return kOperation;
}
void StillService::unmanaged(const std::string &, OperationOptions, Done<std::vector<UnmanagedView>> done) {
    done(std::vector<UnmanagedView>(1));
}
std::string StillService::adopt(AdoptSpec spec, OperationOptions, Done<VolumeView> done) {
    VolumeView made = volume_;
    made.name = std::move(spec.name);
    made.backend_id = std::move(spec.handle);
    done(std::move(made));
    return kOperation;
}
std::string StillService::release(const VolumeRef &ref, OperationOptions, Done<void> done) {
    done(known(ref));
    return kOperation;
}
void StillService::unmanaged_snapshots(const VolumeRef &ref, OperationOptions,
                                       Done<std::vector<UnmanagedView>> done) {
    done(known(ref).map([] { return std::vector<UnmanagedView>(1); }));
}
std::string StillService::snapshot_adopt(const VolumeRef &ref, const std::string &, const std::string &name,
                                         OperationOptions, Done<SnapshotView> done) {
    SnapshotView made = snapshot_;
    made.name = name;
    done(known(ref).map([&] { return made; }));
    return kOperation;
}
std::string StillService::snapshot_release(const std::string &name, const std::optional<VolumeRef> &of,
                                           OperationOptions, Done<void> done) {
    const auto found = snapshot(name, of);
    done(found ? Result<void>() : fail(found.error()));
    return kOperation;
}
void StillService::profiles(const std::string &, OperationOptions, Done<std::vector<Profile>> done) {
    done(std::vector<Profile>());
}

void StillService::pool_stats(const std::string &, OperationOptions, Done<std::vector<BackendStats>> done) {
    done(std::vector<BackendStats>{{.id = "pool", .total_bytes = 1}});
}
std::string StillService::fence(const std::string &node, std::vector<std::string> backends, OperationOptions,
                                Done<std::vector<FencedView>> done) {
    if (node == node_id_) {
        done(fail(Code::invalid, "node \"" + node + "\" is this node"));
    } else {
        done(std::vector<FencedView>{{.backend = volume_.backend, .volumes = std::move(backends)}});
    }
    return kOperation;
}

std::vector<GroupView> StillService::groups() const {
    return {{.id = "g-1", .name = "g", .backend = volume_.backend, .status = "ready"}};
}
Result<GroupView> StillService::group(const std::string &group) const {
    if (group != "g")
        return fail(Code::not_found, "no such group: " + group);
    return groups().front();
}
Result<std::vector<GroupSnapshotView>> StillService::group_snapshots(const std::string &group) const {
    if (!group.empty() && group != "g")
        return fail(Code::not_found, "no such group: " + group);
    return std::vector<GroupSnapshotView>{{.id = "gs-1", .name = "s", .group = "g", .status = "ready"}};
}
Result<GroupSnapshotView> StillService::group_snapshot(const std::string &group,
                                                       const std::string &snapshot) const {
    const auto all = group_snapshots(group);
    if (!all)
        return fail(all.error());
    if (snapshot != "s")
        return fail(Code::not_found, "no such snapshot: " + snapshot);
    return all->front();
}
std::string StillService::group_create(GroupSpec spec, OperationOptions, Done<GroupView> done) {
    done(GroupView{.id = "g-2", .name = spec.name, .backend = volume_.backend, .status = "ready"});
    return kOperation;
}
std::string StillService::group_change(const std::string &group, std::vector<std::string>,
                                       std::vector<std::string>, OperationOptions, Done<GroupView> done) {
    done(this->group(group));
    return kOperation;
}
std::string StillService::group_remove(const std::string &group, OperationOptions, Done<void> done) {
    const auto found = this->group(group);
    done(found ? Result<void>() : fail(found.error()));
    return kOperation;
}
std::string StillService::group_snapshot_create(const std::string &group, const std::string &,
                                                OperationOptions, Done<GroupSnapshotView> done) {
    done(group_snapshot(group, "s"));
    return kOperation;
}
std::string StillService::group_snapshot_remove(const std::string &group, const std::string &snapshot,
                                                OperationOptions, Done<void> done) {
    const auto found = group_snapshot(group, snapshot);
    done(found ? Result<void>() : fail(found.error()));
    return kOperation;
}

std::string StillService::reload_driver(const std::string &name, OperationOptions,
                                        Done<std::vector<BackendView>> done) {
    if (name == volume_.backend) {
        done(backends());
    } else {
        done(fail(Code::not_found, "there is no backend \"" + name + "\""));
    }
    return kOperation;
}

} // namespace drover::fuzz
