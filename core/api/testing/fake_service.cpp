#include "core/api/testing/fake_service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace drover {

// The service's own words; these tests do without the rest of it.
std::string_view to_string(VolumeStatus status) noexcept {
    switch (status) {
    case VolumeStatus::creating:
        return "creating";
    case VolumeStatus::available:
        return "available";
    case VolumeStatus::in_use:
        return "in-use";
    case VolumeStatus::changing:
        return "changing";
    case VolumeStatus::elsewhere:
        return "elsewhere";
    case VolumeStatus::error:
        return "error";
    case VolumeStatus::lost:
        return "lost";
    case VolumeStatus::deleting:
        return "deleting";
    }
    return "error";
}

} // namespace drover

namespace drover::testing {

namespace {
constexpr std::uint64_t kThen = 1'767'323'045'000'000'000; // 2026-01-02T03:04:05Z

Error not_found(const std::string &what) {
    return {.code = Code::not_found, .message = "no such volume: " + what};
}
} // namespace

FakeService::FakeService() : worker_([this] { work(); }) {}

FakeService::~FakeService() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        held_.clear();
    }
    changed_.notify_all();
    worker_.join();
}

void FakeService::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        const auto ready = std::find_if(jobs_.begin(), jobs_.end(),
                                        [&](const Job &job) { return !held_.contains(job.volume); });
        if (ready != jobs_.end()) {
            const Job job = std::move(*ready);
            jobs_.erase(ready);
            lock.unlock();
            job.run();
            lock.lock();
        } else if (is_stopping_) {
            return;
        } else {
            changed_.wait(lock);
        }
    }
}

void FakeService::note(std::string line) {
    log_.push_back(std::move(line));
    changed_.notify_all();
}

std::vector<std::function<void()>> FakeService::changed(const std::string &operation) {
    std::vector<std::function<void()>> calls;
    for (auto it = watchers_.begin(); it != watchers_.end();) {
        if (it->second.operation != operation) {
            ++it;
            continue;
        }
        calls.push_back(std::move(it->second.changed));
        it = watchers_.erase(it);
    }
    return calls;
}

template <typename T>
std::string FakeService::act(const std::string &kind, const std::string &volume, Done<T> done,
                             std::function<Result<T>()> work) {
    const std::lock_guard lock(mutex_);
    std::string id = fmt::format("op-{}", next_++);
    operations_[id] = {.id = id, .kind = kind, .volume = volume, .started_unix_ns = kThen};
    jobs_.push_back({volume, [this, id, kind, done = std::move(done), work = std::move(work)] {
                         std::vector<std::function<void()>> calls;
                         Result<T> result = fail(Code::internal, "");
                         {
                             const std::lock_guard inner(mutex_);
                             if (const auto failing = failures_.find(kind); failing != failures_.end()) {
                                 result = fail(failing->second);
                                 failures_.erase(failing);
                             } else {
                                 result = work();
                             }
                             OperationView &operation = operations_[id];
                             operation.done = true;
                             operation.ended_unix_ns = kThen + 1'500'000'000;
                             if (!result) {
                                 operation.error = result.error();
                             } else {
                                 operation.permille = 1000;
                             }
                             calls = changed(id);
                         }
                         for (const auto &call : calls)
                             call();
                         done(std::move(result));
                     }});
    changed_.notify_all();
    return id;
}

VolumeView &FakeService::add(const std::string &name, const std::string &backend) {
    const std::lock_guard lock(mutex_);
    return volumes_[name] = {.id = "id-" + name,
                             .name = name,
                             .backend = backend,
                             .backend_id = "array-" + name,
                             .status = VolumeStatus::available,
                             .bytes = std::uint64_t{10} << 30,
                             .profile = "gold",
                             .fstype = "ext4",
                             .created_unix_ns = kThen};
}

void FakeService::add_snapshot(const std::string &volume, const std::string &name) {
    const std::lock_guard lock(mutex_);
    snapshots_.push_back({.id = fmt::format("snap-{}-{}", volume, name),
                          .name = name,
                          .volume_id = "id-" + volume,
                          .volume = volume,
                          .backend = "gold",
                          .bytes = 1024,
                          .created_unix_ns = kThen,
                          .filesystem_consistent = true,
                          .status = "ready"});
}

void FakeService::hold(const std::string &volume) {
    const std::lock_guard lock(mutex_);
    held_.insert(volume);
}

void FakeService::let_go(const std::string &volume) {
    const std::lock_guard lock(mutex_);
    held_.erase(volume);
    changed_.notify_all();
}

void FakeService::fail_next(const std::string &kind, Error error) {
    const std::lock_guard lock(mutex_);
    failures_[kind] = std::move(error);
}

void FakeService::progress(const std::string &volume, unsigned permille, const std::string &stage) {
    std::vector<std::function<void()>> calls;
    {
        const std::lock_guard lock(mutex_);
        for (auto &[id, operation] : operations_) {
            if (operation.volume != volume || operation.done)
                continue;
            operation.permille = permille;
            operation.stage = stage;
            for (auto &call : changed(id))
                calls.push_back(std::move(call));
        }
    }
    for (const auto &call : calls)
        call();
}

bool FakeService::wait_for(const std::string &line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1),
                             [&] { return std::find(log_.begin(), log_.end(), line) != log_.end(); });
}

std::vector<std::string> FakeService::log() const {
    const std::lock_guard lock(mutex_);
    return log_;
}

std::uint64_t FakeService::uses(const std::string &volume) const {
    const std::lock_guard lock(mutex_);
    const auto found = volumes_.find(volume);
    return found == volumes_.end() ? 0 : found->second.uses;
}

std::uint64_t FakeService::count(const std::string &volume, const std::string &use) const {
    const std::lock_guard lock(mutex_);
    const auto of_volume = uses_.find(volume);
    if (of_volume == uses_.end())
        return 0;
    const auto of_use = of_volume->second.find(use);
    return of_use == of_volume->second.end() ? 0 : of_use->second;
}

VolumeSpec FakeService::last_spec() const {
    const std::lock_guard lock(mutex_);
    return last_spec_;
}

std::size_t FakeService::watchers() const {
    const std::lock_guard lock(mutex_);
    return watchers_.size();
}

Result<VolumeView *> FakeService::find(const VolumeRef &ref) const {
    for (auto &[name, volume] : volumes_) {
        if ((name == ref.name_or_id || volume.id == ref.name_or_id) &&
            (ref.backend.empty() || ref.backend == volume.backend))
            return &volume;
    }
    return fail(not_found(ref.name_or_id));
}

Result<VolumeView> FakeService::get(const VolumeRef &ref) const {
    const std::lock_guard lock(mutex_);
    return find(ref).map([](const VolumeView *volume) { return *volume; });
}

std::vector<VolumeView> FakeService::list(const std::string &backend) const {
    const std::lock_guard lock(mutex_);
    std::vector<VolumeView> out;
    for (const auto &[name, volume] : volumes_) {
        if (backend.empty() || volume.backend == backend)
            out.push_back(volume);
    }
    return out;
}

Result<std::vector<SnapshotView>> FakeService::snapshots(const std::optional<VolumeRef> &of) const {
    const std::lock_guard lock(mutex_);
    if (!of)
        return snapshots_;
    const auto volume = find(*of);
    if (!volume)
        return fail(volume.error());
    std::vector<SnapshotView> out;
    for (const SnapshotView &snapshot : snapshots_) {
        if (snapshot.volume_id == (*volume)->id)
            out.push_back(snapshot);
    }
    return out;
}

Result<SnapshotView> FakeService::snapshot(const std::string &snapshot,
                                           const std::optional<VolumeRef> &of) const {
    const auto all = snapshots(of);
    if (!all)
        return fail(all.error());
    for (const SnapshotView &view : *all) {
        if (view.id == snapshot || view.name == snapshot)
            return view;
    }
    return fail(Code::not_found, "no such snapshot: " + snapshot);
}

std::vector<BackendView> FakeService::backends() const {
    BackendView gold{.name = "gold",
                     .driver = "loopback",
                     .version = "1.0",
                     .vendor = "Drover",
                     .path = "/usr/lib/drover/drivers/loopback.so",
                     .state = backend_state,
                     .extensions = {"drv.snapshot/1"},
                     .capabilities =
                         Capabilities{.thin = true, .protocols = {Protocol::local}, .free_bytes = 1024},
                     .is_default = true};
    if (backend_state == "failed") {
        gold.error =
            Error{.code = Code::unreachable, .message = "the array does not answer", .retryable = true};
    }
    return {gold, {.name = "silver", .driver = "loopback", .state = "ready"}};
}

std::vector<OperationView> FakeService::operations() const {
    const std::lock_guard lock(mutex_);
    std::vector<OperationView> out;
    for (const auto &[id, operation] : operations_)
        out.push_back(operation);
    return out;
}

Result<OperationView> FakeService::operation(const std::string &id) const {
    const std::lock_guard lock(mutex_);
    const auto found = operations_.find(id);
    if (found == operations_.end())
        return fail(Code::not_found, "no operation " + id);
    return found->second;
}

std::uint64_t FakeService::watch_operation(const std::string &id, unsigned seen_permille,
                                           const std::string &seen_stage, std::function<void()> call) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = operations_.find(id);
        if (found != operations_.end() && !found->second.done && found->second.permille == seen_permille &&
            found->second.stage == seen_stage) {
            const std::uint64_t token = next_++;
            watchers_.emplace(token, Watcher{id, std::move(call)});
            note("watch " + id);
            return token;
        }
    }
    call();
    return 0;
}

void FakeService::stop_watching(std::uint64_t token) {
    const std::lock_guard lock(mutex_);
    watchers_.erase(token);
}

std::string FakeService::create(VolumeSpec spec, OperationOptions, Done<VolumeView> done) {
    const std::string name = spec.name;
    return act<VolumeView>(
        "create", name, std::move(done), [this, spec = std::move(spec)]() -> Result<VolumeView> {
            last_spec_ = spec;
            note("create " + spec.name);
            if (const auto found = volumes_.find(spec.name); found != volumes_.end())
                return found->second;
            if (spec.must_exist)
                return fail(not_found(spec.name));
            return volumes_[spec.name] = {.id = "id-" + spec.name,
                                          .name = spec.name,
                                          .backend = spec.backend.empty() ? "gold" : spec.backend,
                                          .status = VolumeStatus::available,
                                          .bytes = spec.bytes.value_or(std::uint64_t{10} << 30),
                                          .profile = spec.profile,
                                          .fstype = "ext4",
                                          .created_unix_ns = kThen};
        });
}

std::string FakeService::mount(const VolumeRef &ref, const std::string &use, OperationOptions,
                               Done<MountView> done) {
    return act<MountView>("mount", ref.name_or_id, std::move(done), [this, ref, use]() -> Result<MountView> {
        note(fmt::format("mount {} {}", ref.name_or_id, use));
        auto found = find(ref);
        if (!found)
            return fail(found.error());
        VolumeView &volume = **found;
        ++uses_[volume.name][use];
        ++volume.uses;
        volume.status = VolumeStatus::in_use;
        volume.node = node_id_;
        volume.mountpoint = "/mnt/" + volume.id;
        return MountView{volume.mountpoint, volume};
    });
}

void FakeService::mount_delivered(const VolumeRef &ref, const std::string &use) {
    const std::lock_guard lock(mutex_);
    note(fmt::format("delivered {} {}", ref.name_or_id, use));
}

std::string FakeService::unmount(const VolumeRef &ref, const std::string &use, OperationOptions,
                                 Done<void> done) {
    return act<void>("unmount", ref.name_or_id, std::move(done), [this, ref, use]() -> Result<void> {
        auto found = find(ref);
        if (found) {
            VolumeView &volume = **found;
            auto &uses = uses_[volume.name];
            if (const auto counted = uses.find(use); counted != uses.end()) {
                if (--counted->second == 0)
                    uses.erase(counted);
                if (--volume.uses == 0) {
                    volume.mountpoint.clear();
                    volume.node.clear();
                    volume.status = VolumeStatus::available;
                }
            }
        }
        note(fmt::format("unmount {} {}", ref.name_or_id, use));
        if (!found)
            return fail(found.error());
        return {};
    });
}

std::string FakeService::remove(const VolumeRef &ref, RemovePolicy policy, OperationOptions,
                                Done<void> done) {
    return act<void>("remove", ref.name_or_id, std::move(done), [this, ref, policy]() -> Result<void> {
        constexpr std::array kWords = {"destroy", "keep", "destroy-if-ours"};
        note(fmt::format("remove {} {}", ref.name_or_id, kWords.at(static_cast<std::size_t>(policy))));
        auto found = find(ref);
        if (!found)
            return fail(found.error());
        if ((*found)->uses > 0)
            return fail(Code::conflict, "it is in use");
        const std::string name = (*found)->name;
        volumes_.erase(name);
        return {};
    });
}

std::string FakeService::extend(const VolumeRef &ref, std::uint64_t bytes, OperationOptions,
                                Done<VolumeView> done) {
    return act<VolumeView>("extend", ref.name_or_id, std::move(done),
                           [this, ref, bytes]() -> Result<VolumeView> {
                               note(fmt::format("extend {} {}", ref.name_or_id, bytes));
                               auto found = find(ref);
                               if (!found)
                                   return fail(found.error());
                               (*found)->bytes = bytes;
                               return **found;
                           });
}

std::string FakeService::snapshot_create(const VolumeRef &ref, const std::string &name, OperationOptions,
                                         Done<SnapshotView> done) {
    return act<SnapshotView>("snapshot", ref.name_or_id, std::move(done),
                             [this, ref, name]() -> Result<SnapshotView> {
                                 note(fmt::format("snapshot {} {}", ref.name_or_id, name));
                                 auto found = find(ref);
                                 if (!found)
                                     return fail(found.error());
                                 snapshots_.push_back({.id = fmt::format("snap-{}-{}", (*found)->name, name),
                                                       .name = name,
                                                       .volume_id = (*found)->id,
                                                       .volume = (*found)->name,
                                                       .backend = (*found)->backend,
                                                       .status = "ready"});
                                 return snapshots_.back();
                             });
}

std::string FakeService::snapshot_remove(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                         OperationOptions, Done<void> done) {
    const std::string volume = of ? of->name_or_id : "";
    return act<void>("snapshot-remove", volume, std::move(done), [this, snapshot, volume]() -> Result<void> {
        note(fmt::format("snapshot-remove {} {}", volume, snapshot));
        return {};
    });
}

std::string FakeService::revert(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                OperationOptions, Done<VolumeView> done) {
    const std::string volume = of ? of->name_or_id : "";
    return act<VolumeView>("revert", volume, std::move(done),
                           [this, snapshot, volume]() -> Result<VolumeView> {
                               note(fmt::format("revert {} {}", volume, snapshot));
                               if (volumes_.empty())
                                   return fail(not_found(volume));
                               return volumes_.begin()->second;
                           });
}

std::string FakeService::retype(const VolumeRef &ref, NewShape shape, OperationOptions,
                                Done<VolumeView> done) {
    return act<VolumeView>("retype", ref.name_or_id, std::move(done),
                           [this, ref, shape = std::move(shape)]() -> Result<VolumeView> {
                               note(fmt::format("retype {} {} {}{}", ref.name_or_id, shape.profile,
                                                shape.pool, shape.may_migrate ? " migrate" : ""));
                               auto found = find(ref);
                               if (!found)
                                   return fail(found.error());
                               (*found)->profile = shape.profile;
                               return **found;
                           });
}

void FakeService::limits(const VolumeRef &ref, OperationOptions, Done<LimitsView> done) {
    act<LimitsView>("get limits", ref.name_or_id, std::move(done), [this, ref]() -> Result<LimitsView> {
        note("limits " + ref.name_or_id);
        auto found = find(ref);
        if (!found)
            return fail(found.error());
        return LimitsView{.limits = limits_, .kinds = {.max_iops = true, .max_bytes_per_second = true}};
    });
}

std::string FakeService::set_limits(const VolumeRef &ref, Limits limits, OperationOptions,
                                    Done<LimitsView> done) {
    return act<LimitsView>(
        "limits", ref.name_or_id, std::move(done), [this, ref, limits]() -> Result<LimitsView> {
            note(fmt::format("set limits {} {} {}", ref.name_or_id, limits.max_iops.value_or(0),
                             limits.max_bytes_per_second.value_or(0)));
            limits_ = limits;
            return LimitsView{.limits = limits_, .kinds = {.max_iops = true, .max_bytes_per_second = true}};
        });
}

void FakeService::unmanaged(const std::string &backend, OperationOptions,
                            Done<std::vector<UnmanagedView>> done) {
    act<std::vector<UnmanagedView>>(
        "unmanaged", "", std::move(done), [this, backend]() -> Result<std::vector<UnmanagedView>> {
            note("unmanaged " + backend);
            return std::vector<UnmanagedView>{{.backend = "gold",
                                               .handle = "array-7",
                                               .name = "legacy",
                                               .volume_id = {},
                                               .bytes = 1024,
                                               .created_unix_ns = kThen,
                                               .profile = {},
                                               .pool = {},
                                               .nodes = {"node-2"},
                                               .refused = "in a pod",
                                               .destroyed = {},
                                               .attributes = {{"array_volume", "legacy"}}}};
        });
}

std::string FakeService::adopt(AdoptSpec spec, OperationOptions, Done<VolumeView> done) {
    const std::string name = spec.name;
    return act<VolumeView>(
        "adopt", name, std::move(done), [this, spec = std::move(spec)]() -> Result<VolumeView> {
            note(fmt::format("adopt {} {} {}", spec.backend, spec.handle, spec.name));
            return volumes_[spec.name] = {.id = "id-" + spec.name,
                                          .name = spec.name,
                                          .backend = spec.backend.empty() ? "gold" : spec.backend,
                                          .backend_id = spec.handle,
                                          .status = VolumeStatus::available,
                                          .bytes = 1024,
                                          .created_unix_ns = kThen,
                                          .created_by_us = false};
        });
}

std::string FakeService::release(const VolumeRef &ref, OperationOptions, Done<void> done) {
    return act<void>("release", ref.name_or_id, std::move(done), [this, ref]() -> Result<void> {
        note("release " + ref.name_or_id);
        auto found = find(ref);
        if (!found)
            return fail(found.error());
        const std::string name = (*found)->name;
        volumes_.erase(name);
        return {};
    });
}

void FakeService::unmanaged_snapshots(const VolumeRef &ref, OperationOptions,
                                      Done<std::vector<UnmanagedView>> done) {
    act<std::vector<UnmanagedView>>("unmanaged snapshots", ref.name_or_id, std::move(done),
                                    [this, ref]() -> Result<std::vector<UnmanagedView>> {
                                        note("unmanaged snapshots " + ref.name_or_id);
                                        auto found = find(ref);
                                        if (!found)
                                            return fail(found.error());
                                        UnmanagedView view;
                                        view.backend = (*found)->backend;
                                        view.handle = "array-snap-7";
                                        view.volume_id = (*found)->id;
                                        view.bytes = 1024;
                                        return std::vector<UnmanagedView>{view};
                                    });
}

std::string FakeService::snapshot_adopt(const VolumeRef &ref, const std::string &handle,
                                        const std::string &name, OperationOptions, Done<SnapshotView> done) {
    return act<SnapshotView>("snapshot adopt", ref.name_or_id, std::move(done),
                             [this, ref, handle, name]() -> Result<SnapshotView> {
                                 note(fmt::format("snapshot adopt {} {} {}", ref.name_or_id, handle, name));
                                 auto found = find(ref);
                                 if (!found)
                                     return fail(found.error());
                                 snapshots_.push_back({.id = fmt::format("snap-{}-{}", (*found)->name, name),
                                                       .name = name,
                                                       .volume_id = (*found)->id,
                                                       .volume = (*found)->name,
                                                       .backend = (*found)->backend,
                                                       .status = "ready"});
                                 return snapshots_.back();
                             });
}

std::string FakeService::snapshot_release(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                          OperationOptions, Done<void> done) {
    const std::string volume = of ? of->name_or_id : "";
    return act<void>("snapshot release", volume, std::move(done), [this, snapshot, volume]() -> Result<void> {
        note(fmt::format("snapshot release {} {}", volume, snapshot));
        return {};
    });
}

void FakeService::profiles(const std::string &backend, OperationOptions, Done<std::vector<Profile>> done) {
    act<std::vector<Profile>>(
        "profiles", "", std::move(done), [this, backend]() -> Result<std::vector<Profile>> {
            note("profiles " + backend);
            return std::vector<Profile>{
                {.name = "gold", .description = "fast", .is_default = true, .attributes = {{"tier", "ssd"}}}};
        });
}

void FakeService::pool_stats(const std::string &backend, OperationOptions,
                             Done<std::vector<BackendStats>> done) {
    act<std::vector<BackendStats>>("stats", "", std::move(done),
                                   [this, backend]() -> Result<std::vector<BackendStats>> {
                                       note("stats " + backend);
                                       return std::vector<BackendStats>{{.id = "fast",
                                                                         .taken_unix_ns = kThen,
                                                                         .epoch = 1,
                                                                         .used_bytes = 10,
                                                                         .provisioned_bytes = 400,
                                                                         .total_bytes = 100,
                                                                         .saved_permille = 250,
                                                                         .attributes = {{"shared", "1"}}}};
                                   });
}

std::string FakeService::fence(const std::string &node, std::vector<std::string> backends, OperationOptions,
                               Done<std::vector<FencedView>> done) {
    return act<std::vector<FencedView>>(
        "fence", "", std::move(done), [this, node, backends]() -> Result<std::vector<FencedView>> {
            note(fmt::format("fence {} {}", node, fmt::join(backends, ",")));
            if (node == node_id_)
                return fail(Code::invalid, "node " + node + " is this node");
            return std::vector<FencedView>{{.backend = "gold", .volumes = {"v", "w"}}};
        });
}

std::vector<GroupView> FakeService::groups() const {
    const std::lock_guard lock(mutex_);
    std::vector<GroupView> out;
    for (const auto &[name, group] : groups_)
        out.push_back(group);
    return out;
}

Result<GroupView> FakeService::group(const std::string &group) const {
    for (const GroupView &view : groups()) {
        if (view.name == group || view.id == group)
            return view;
    }
    return fail(Code::not_found, "no such group: " + group);
}

Result<std::vector<GroupSnapshotView>> FakeService::group_snapshots(const std::string &group) const {
    if (!group.empty()) {
        if (const auto known = this->group(group); !known)
            return fail(known.error());
    }
    const std::lock_guard lock(mutex_);
    std::vector<GroupSnapshotView> out;
    for (const GroupSnapshotView &view : group_snapshots_) {
        if (group.empty() || view.group == group || view.group_id == group)
            out.push_back(view);
    }
    return out;
}

Result<GroupSnapshotView> FakeService::group_snapshot(const std::string &group,
                                                      const std::string &snapshot) const {
    const auto all = group_snapshots(group);
    if (!all)
        return fail(all.error());
    for (const GroupSnapshotView &view : *all) {
        if (view.name == snapshot || view.id == snapshot)
            return view;
    }
    return fail(Code::not_found, "no such snapshot: " + snapshot);
}

std::string FakeService::group_create(GroupSpec spec, OperationOptions, Done<GroupView> done) {
    return act<GroupView>(
        "group create", "group " + spec.name, std::move(done), [this, spec]() -> Result<GroupView> {
            note(fmt::format("group-create {} {}", spec.name, fmt::join(spec.volumes, ",")));
            GroupView view{.id = "id-" + spec.name,
                           .name = spec.name,
                           .backend = "gold",
                           .created_unix_ns = kThen,
                           .status = "ready"};
            for (const auto &volume : spec.volumes)
                view.members.push_back({.volume_id = "id-" + volume, .volume = volume});
            return groups_[spec.name] = view;
        });
}

std::string FakeService::group_change(const std::string &group, std::vector<std::string> add,
                                      std::vector<std::string> remove, OperationOptions,
                                      Done<GroupView> done) {
    return act<GroupView>(
        "group change", "group " + group, std::move(done), [this, group, add, remove]() -> Result<GroupView> {
            note(fmt::format("group-change {} +{} -{}", group, fmt::join(add, ","), fmt::join(remove, ",")));
            const auto found = groups_.find(group);
            if (found == groups_.end())
                return fail(Code::not_found, "no such group: " + group);
            for (const auto &volume : add)
                found->second.members.push_back({.volume_id = "id-" + volume, .volume = volume});
            return found->second;
        });
}

std::string FakeService::group_remove(const std::string &group, OperationOptions, Done<void> done) {
    return act<void>("group remove", "group " + group, std::move(done), [this, group]() -> Result<void> {
        note("group-remove " + group);
        groups_.erase(group);
        return {};
    });
}

std::string FakeService::group_snapshot_create(const std::string &group, const std::string &name,
                                               OperationOptions, Done<GroupSnapshotView> done) {
    return act<GroupSnapshotView>("group snapshot", "group " + group, std::move(done),
                                  [this, group, name]() -> Result<GroupSnapshotView> {
                                      note(fmt::format("group-snapshot {} {}", group, name));
                                      group_snapshots_.push_back({.id = "snap-" + name,
                                                                  .name = name,
                                                                  .group_id = "id-" + group,
                                                                  .group = group,
                                                                  .backend = "gold",
                                                                  .members = {{"id-v", "v", "snap-v"}},
                                                                  .created_unix_ns = kThen,
                                                                  .filesystem_consistent = true,
                                                                  .status = "ready"});
                                      return group_snapshots_.back();
                                  });
}

std::string FakeService::group_snapshot_remove(const std::string &group, const std::string &snapshot,
                                               OperationOptions, Done<void> done) {
    return act<void>("group snapshot remove", "group " + group, std::move(done),
                     [this, group, snapshot]() -> Result<void> {
                         note(fmt::format("group-snapshot-remove {} {}", group, snapshot));
                         return {};
                     });
}

void FakeService::node_check(OperationOptions, Done<std::vector<NodeFinding>> done) {
    act<std::vector<NodeFinding>>("node check", "", std::move(done),
                                  [this]() -> Result<std::vector<NodeFinding>> {
                                      note("node check");
                                      return std::vector<NodeFinding>{{.check = "iscsi.iscsid",
                                                                       .level = "error",
                                                                       .message = "iscsid does not run",
                                                                       .cure = "start it"}};
                                  });
}

std::string FakeService::reload_driver(const std::string &name, OperationOptions,
                                       Done<std::vector<BackendView>> done) {
    return act<std::vector<BackendView>>(
        "reload", "", std::move(done), [this, name]() -> Result<std::vector<BackendView>> {
            note("reload " + name);
            auto views = backends();
            std::erase_if(views, [&](const BackendView &view) { return view.name != name; });
            if (views.empty())
                return fail(Code::not_found, "no backend or driver is named \"" + name + "\"");
            return views;
        });
}

void FakeService::engine_seen(const EngineIdentity &engine) {
    const std::lock_guard lock(mutex_);
    note(fmt::format("engine {} {}", engine.pid, engine.start_ticks));
}

} // namespace drover::testing
