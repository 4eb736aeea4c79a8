#include "core/volume/volumes.hpp"

#include "core/volume/identity.hpp"
#include "core/volume/submit.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace drover {

Volumes::Volumes(Parts parts)
    : parts_(std::move(parts)), journal_(parts_.journal),
      converger_(parts_.journal, parts_.backends, parts_.connectors, live_, parts_.node) {}

Volumes::~Volumes() = default;

std::shared_ptr<std::mutex> Volumes::lock_of(const std::string &id) {
    const std::lock_guard guard(locks_mutex_);
    auto &slot = locks_[id];
    auto lock = slot.lock();
    if (!lock) {
        std::erase_if(locks_, [&](const auto &row) { return row.first != id && row.second.expired(); });
        lock = std::make_shared<std::mutex>();
        locks_[id] = lock;
    }
    return lock;
}

std::string Volumes::create(VolumeSpec spec, OperationOptions options, Done<VolumeView> done) {
    Job job{.kind = "create", .volume = spec.name};
    const auto prepare = [&]() -> Result<void> {
        if (auto good = check_name(spec.name, "volume"); !good)
            return good;
        if (!spec.id.empty() && !is_uuid(spec.id)) {
            return fail(Code::invalid,
                        fmt::format("{} is no volume id: give a UUID in lower case, or none", spec.id));
        }
        // A volume that is known keeps its id and backend, whatever the defaults are today.
        if (const auto known = journal_.volume_named(spec.name)) {
            job.key = known->id;
            job.lane = known->backend;
            if (!spec.backend.empty() && spec.backend != known->backend) {
                return fail(
                    Code::exists,
                    fmt::format(
                        "there is a volume of that name on backend {}; names are unique across backends",
                        known->backend));
            }
            if (!spec.id.empty() && spec.id != known->id) {
                return fail(Code::exists,
                            fmt::format("there is a volume of that name with id {}", known->id));
            }
            return {};
        }
        if (is_uuid(spec.name) && spec.name != spec.id) {
            return fail(Code::invalid,
                        fmt::format("{} looks like a volume's id, and would stand for that volume: "
                                    "choose another name",
                                    spec.name));
        }
        job.lane = spec.backend;
        if (job.lane.empty() && spec.source) {
            auto source = find_volume(journal_, {.name_or_id = spec.source->volume});
            if (!source)
                return fail(std::move(source).error().with_context("source"));
            job.lane = (*source)->backend;
        }
        if (job.lane.empty())
            job.lane = parts_.backends.default_backend();
        if (!parts_.backends.is_known(job.lane)) {
            std::string names;
            for (const auto &backend : parts_.backends.views())
                names += (names.empty() ? "" : ", ") + backend.name;
            return fail(Code::not_found,
                        fmt::format("no such backend: {}; agent.yml has: {}", job.lane, names));
        }
        job.key = spec.id.empty() ? uuid_v5(parts_.node.cluster_id, spec.name) : spec.id;
        if (const auto other = journal_.volume(job.key)) {
            return fail(Code::exists, fmt::format("id {} is volume {}", job.key, other->name));
        }
        return {};
    };
    auto prepared = prepare();
    if (!prepared) {
        job.lane.clear();
        job.key = "refused:" + spec.name; // its own queue: a refusal waits for nobody
    }
    return submit<VolumeView>(
        job, std::move(options),
        [this, prepared, spec = std::move(spec), id = job.key,
         backend = job.lane](const Task &task) -> Result<VolumeView> {
            if (!prepared)
                return fail(prepared.error());
            return do_create(task, spec, id, backend);
        },
        std::move(done));
}

std::string Volumes::mount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                           Done<MountView> done) {
    return submit_for<MountView>(
        "mount", ref, std::move(options),
        [this, use](const Task &task, VolumeRecord record) { return do_mount(task, std::move(record), use); },
        std::move(done));
}

std::string Volumes::unmount(const VolumeRef &ref, const std::string &use, OperationOptions options,
                             Done<void> done) {
    return submit_for<void>(
        "unmount", ref, std::move(options),
        [this, use](const Task &task, VolumeRecord record) {
            return do_unmount(task, std::move(record), use);
        },
        std::move(done));
}

std::string Volumes::remove(const VolumeRef &ref, RemovePolicy policy, OperationOptions options,
                            Done<void> done) {
    return submit_for<void>(
        "remove", ref, std::move(options),
        [this, policy](const Task &task, VolumeRecord record) {
            return do_remove(task, std::move(record), policy);
        },
        std::move(done));
}

std::string Volumes::extend(const VolumeRef &ref, std::uint64_t bytes, OperationOptions options,
                            Done<VolumeView> done) {
    return submit_for<VolumeView>(
        "extend", ref, std::move(options),
        [this, bytes](const Task &task, VolumeRecord record) {
            return do_extend(task, std::move(record), bytes);
        },
        std::move(done));
}

std::string Volumes::snapshot_create(const VolumeRef &ref, const std::string &name, OperationOptions options,
                                     Done<SnapshotView> done) {
    return submit_for<SnapshotView>(
        "snapshot", ref, std::move(options),
        [this, name](const Task &task, VolumeRecord record) {
            return do_snapshot(task, std::move(record), name);
        },
        std::move(done));
}

std::string Volumes::snapshot_remove(const std::string &snapshot, const std::optional<VolumeRef> &of,
                                     OperationOptions options, Done<void> done) {
    auto found = find_snapshot(journal_, snapshot, of);
    const Job job =
        found ? Job{.kind = "snapshot remove",
                    .lane = (*found)->backend,
                    .key = (*found)->volume_id,
                    .volume = snapshot}
              : Job{.kind = "snapshot remove", .lane = "", .key = "refused:" + snapshot, .volume = snapshot};
    return submit<void>(
        job, std::move(options),
        [this, found](const Task &task) -> Result<void> {
            if (!found)
                return fail(found.error());
            return do_snapshot_remove(task, (*found)->id);
        },
        std::move(done));
}

std::string Volumes::revert(const std::string &snapshot, const std::optional<VolumeRef> &of,
                            OperationOptions options, Done<VolumeView> done) {
    auto found = find_snapshot(journal_, snapshot, of);
    const std::string volume = found ? (*found)->volume_id : snapshot;
    return submit_for<VolumeView>(
        "revert", {.name_or_id = volume}, std::move(options),
        [this, found](const Task &task, VolumeRecord record) -> Result<VolumeView> {
            if (!found)
                return fail(found.error());
            return do_revert(task, std::move(record), (*found)->id);
        },
        [found, done = std::move(done)](Result<VolumeView> result) {
            if (done)
                done(found ? std::move(result) : Result<VolumeView>(fail(found.error())));
        });
}

void Volumes::profiles(const std::string &backend, OperationOptions options,
                       Done<std::vector<Profile>> done) {
    const std::string name = backend.empty() ? parts_.backends.default_backend() : backend;
    // Its own queue: a listing does not wait for a volume.
    parts_.workers.post(name, "profiles", [this, name, options = std::move(options), done = std::move(done)] {
        done([&]() -> Result<std::vector<Profile>> {
            auto driver = parts_.backends.driver(name);
            if (!driver)
                return fail(std::move(driver).error());
            return (*driver)->profiles(
                {.deadline = options.deadline.earlier(Deadline::after(std::chrono::seconds(60))),
                 .request_id = options.request_id});
        }());
    });
}

void Volumes::pool_stats(const std::string &backend, OperationOptions options,
                         Done<std::vector<BackendStats>> done) {
    const std::string name = backend.empty() ? parts_.backends.default_backend() : backend;
    parts_.workers.post(name, "stats", [this, name, options = std::move(options), done = std::move(done)] {
        done([&]() -> Result<std::vector<BackendStats>> {
            auto driver = parts_.backends.driver(name);
            if (!driver)
                return fail(std::move(driver).error());
            return (*driver)->pool_stats(
                {.deadline = options.deadline.earlier(Deadline::after(std::chrono::seconds(60))),
                 .request_id = options.request_id});
        }());
    });
}

void Volumes::node_check(OperationOptions options, Done<std::vector<NodeFinding>> done) {
    parts_.workers.post("node", "node-check", [this, options = std::move(options), done = std::move(done)] {
        std::set<Protocol> needed;
        for (const auto &backend : parts_.backends.views()) {
            if (const auto capabilities = parts_.backends.capabilities(backend.name))
                needed.insert(capabilities->protocols.begin(), capabilities->protocols.end());
        }
        const auto found = parts_.connectors.check_node(
            needed, options.deadline.earlier(Deadline::after(std::chrono::seconds(30))));
        std::vector<NodeFinding> findings;
        findings.reserve(found.size());
        for (const auto &[check, level, message, cure] : found)
            findings.push_back({check, std::string(connect::to_string(level)), message, cure});
        done(std::move(findings));
    });
}

std::string Volumes::reload_driver(const std::string &name, OperationOptions options,
                                   Done<std::vector<BackendView>> done) {
    std::string operation = operations_.begin("reload", ""); // about no volume
    operations_.stage(operation, name);
    parts_.workers.post("reload", "reload:" + name,
                        [this, operation, name, options = std::move(options), done = std::move(done)] {
                            auto reloaded = parts_.backends.reload(name, options.deadline);
                            operations_.end(operation, reloaded ? nullptr : &reloaded.error(), {});
                            if (!done)
                                return;
                            if (!reloaded)
                                return done(fail(std::move(reloaded).error()));
                            auto views = parts_.backends.views();
                            std::erase_if(views, [&](const BackendView &view) {
                                return std::find(reloaded->begin(), reloaded->end(), view.name) ==
                                       reloaded->end();
                            });
                            done(std::move(views));
                        });
    return operation;
}

} // namespace drover
