// What the backend has and Drover does not manage: shown, adopted, and given back. An adopted volume was
// there before Drover, so it may hold data of any kind: it is never formatted, by no agent (its id says what
// it is, see adopted_id), whatever a probe finds on it.
#include "drover/ext/manage.h"

#include "core/volume/asking.hpp"
#include "core/volume/identity.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/unmanaged.hpp"
#include "core/volume/volumes.hpp"

namespace drover {

Result<void> check_manages(const Driver &driver) {
    if (driver.offers(DRV_EXT_MANAGE))
        return {};
    return fail(Code::unsupported, fmt::format("driver {} of backend {} can neither adopt nor release",
                                               driver.description().name, driver.backend()));
}

UnmanagedView unmanaged_view(const std::string &backend, BackendVolume &&row) {
    const auto take = [&](std::string_view key) {
        const auto found = row.attributes.find(key);
        if (found == row.attributes.end())
            return std::string();
        std::string value = std::move(found->second);
        row.attributes.erase(found);
        return value;
    };
    std::string refused = take("refused");
    std::string destroyed = take("destroyed");
    return {.backend = backend,
            .handle = std::move(row.backend_id),
            .name = std::move(row.name),
            .volume_id = std::move(row.parent),
            .bytes = row.bytes,
            .created_unix_ns = row.created_unix_ns.value_or(0),
            .profile = std::move(row.profile),
            .pool = std::move(row.pool),
            .nodes = std::move(row.attached_nodes),
            .refused = std::move(refused),
            .destroyed = std::move(destroyed),
            .attributes = std::move(row.attributes)};
}

void Volumes::unmanaged(const std::string &backend, OperationOptions options,
                        Done<std::vector<UnmanagedView>> done) {
    const std::string name = backend.empty() ? parts_.backends.default_backend() : backend;
    ask<std::vector<UnmanagedView>>(
        name, "unmanaged", std::move(options), std::move(done),
        [name](Driver &driver, const CallContext &call) -> Result<std::vector<UnmanagedView>> {
            if (auto good = check_manages(driver); !good)
                return fail(std::move(good).error());
            std::map<std::string, UnmanagedView> views; // a row may come twice
            auto listed = driver.unmanaged(call, [&](BackendVolume &&row) {
                std::string handle = row.backend_id;
                UnmanagedView view = unmanaged_view(name, std::move(row));
                view.volume_id.clear();
                views.insert_or_assign(std::move(handle), std::move(view));
                return true;
            });
            if (!listed)
                return fail(std::move(listed).error());
            std::vector<UnmanagedView> sorted;
            sorted.reserve(views.size());
            for (auto &[handle, view] : views)
                sorted.push_back(std::move(view));
            return sorted;
        });
}

std::string Volumes::adopt(AdoptSpec spec, OperationOptions options, Done<VolumeView> done) {
    const bool is_named = !spec.name.empty();
    if (!is_named)
        spec.name = spec.handle;
    if (spec.backend.empty())
        spec.backend = parts_.backends.default_backend();
    Job job{.kind = "adopt", .lane = spec.backend, .volume = spec.name};
    const auto prepare = [&]() -> Result<void> {
        if (spec.handle.empty())
            return fail(Code::invalid, "no handle: `drover volume unmanaged` lists those there are");
        if (auto good = check_name(spec.name, "volume"); !good || is_uuid(spec.name)) {
            return is_named && !good
                       ? good
                       : fail(Code::invalid,
                              is_named
                                  ? fmt::format("{} looks like a volume's id: choose another name", spec.name)
                                  : std::string("its handle cannot be its name here: give it a name"));
        }
        if (!parts_.backends.is_known(spec.backend))
            return fail(Code::not_found, "no such backend: " + spec.backend);
        job.key = adopted_id(parts_.node.cluster_id, spec.name);
        return {};
    };
    auto prepared = prepare();
    if (!prepared) {
        job.lane.clear();
        job.key = "refused:" + spec.name; // its own queue: a refusal waits for nobody
    }
    return submit<VolumeView>(
        job, std::move(options),
        [this, prepared, spec = std::move(spec), id = job.key](const Task &task) -> Result<VolumeView> {
            if (!prepared)
                return fail(prepared.error());
            return do_adopt(task, spec, id);
        },
        std::move(done));
}

Result<VolumeView> Volumes::do_adopt(const Task &task, const AdoptSpec &spec, const std::string &id) {
    const auto name_lock = lock_of("name:" + spec.name);
    const std::lock_guard name_guard(*name_lock);
    // Two at a time would both find that nobody has the object yet.
    const auto handle_lock = lock_of("handle:" + spec.backend + ":" + spec.handle);
    const std::lock_guard handle_guard(*handle_lock);
    for (const auto &other : journal_.volumes()) {
        const bool is_same =
            other->backend == spec.backend && (other->owner == spec.handle || other->adopting == spec.handle);
        if (is_same && other->name != spec.name)
            return fail(Code::exists, fmt::format("{} is volume {} already", spec.handle, other->name));
        if (!is_same && other->name == spec.name)
            return fail(Code::exists, "there is another volume of that name: choose another one");
        if (!is_same)
            continue;
        if (other->releasing || other->desired == plan::Desired::destroy)
            return fail_retryable(Code::conflict, "it is being released or deleted: try again");
        if (other->adopting.empty())
            return view(*other); // done before
    }
    VolumeRecord record{.id = id,
                        .name = spec.name,
                        .backend = spec.backend,
                        .created_unix_ns = unix_now_ns(),
                        .created_by_us = false,
                        .intent = true,
                        .adopting = spec.handle,
                        .format = plan::Format::inherited,
                        .root_prepared = true};
    if (const auto known = journal_.volume(id)) {
        record = *known;
    } else {
        auto driver = parts_.backends.driver(spec.backend);
        if (!driver)
            return fail(std::move(driver).error());
        if (auto good = check_manages(**driver); !good)
            return fail(std::move(good).error());
        // Names are unique in the cluster, and an agent that shares the backend may have made one of it.
        auto there = (*driver)->get(task.call, uuid_v5(parts_.node.cluster_id, spec.name));
        if (there) {
            return fail(Code::exists, fmt::format("backend {} has a volume of that name, made by another "
                                                  "agent: choose another one",
                                                  spec.backend));
        }
        if (there.error().code != Code::not_found)
            return fail(std::move(there).error());
        if (auto saved = journal_.save(record, Step::manage_announce); !saved)
            return fail(std::move(saved).error());
    }
    auto adopted = finish_adopt(task, record);
    if (!adopted) {
        if (journal_.volume(id))
            note_failure(record, adopted.error(), std::nullopt);
        return fail(std::move(adopted).error());
    }
    return view(record);
}

// What failed for good leaves nothing behind; else a repeat finds out, or the next start does.
Result<void> Volumes::finish_adopt(const Task &task, VolumeRecord &record) {
    auto adopted = converger_.adopt(record, task);
    if (adopted) {
        live_.change(record.id, [](Live &live) {
            live.failure.reset();
            live.attempts = 0;
        });
        return {};
    }
    auto withdrawn = withdraw_create(task, record, adopted.error());
    if (!withdrawn)
        return withdrawn.map([](bool) {});
    return adopted;
}

std::string Volumes::release(const VolumeRef &ref, OperationOptions options, Done<void> done) {
    return submit_for<void>(
        "release", ref, std::move(options),
        [this](const Task &task, VolumeRecord record) { return do_release(task, std::move(record)); },
        std::move(done));
}

Result<void> Volumes::do_release(const Task &task, VolumeRecord record) {
    if (record.use_count() > 0) {
        return fail(Code::conflict,
                    fmt::format("it is in use here ({} {}): unmount it first", record.use_count(),
                                record.use_count() == 1 ? "use" : "uses"));
    }
    if (record.desired == plan::Desired::destroy)
        return fail(Code::conflict, "it is being deleted");
    if (record.intent && record.adopting.empty())
        return fail_retryable(Code::conflict, "it is being made");
    if (!record.reverting.empty() || record.retyping || record.extend_to != 0)
        return fail_retryable(Code::conflict, "another change of it has not ended: try again");
    if (auto free = check_in_no_group(record); !free)
        return free;
    if (const auto snapshots = journal_.snapshots_of(record.id); !snapshots.empty()) {
        std::string names;
        for (const auto &snapshot : snapshots)
            names += (names.empty() ? "" : ", ") + snapshot->name;
        return fail(Code::conflict,
                    fmt::format("it has snapshots ({}): release or remove them first", names));
    }
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (auto good = check_manages(**driver); !good)
        return good;
    record.releasing = true;
    record.desired = plan::Desired::release;
    if (auto saved = journal_.save(record, Step::release_announce); !saved)
        return saved;
    auto released = finish_release(task, record);
    if (!released) {
        if (record.releasing)
            go_on_later(record, released.error());
    }
    return released;
}

Result<void> Volumes::finish_release(const Task &task, VolumeRecord &record) {
    const auto refuse = [&](Error error) -> Result<void> {
        record.releasing = false;
        if (auto saved = journal_.save(record, Step::release_withdraw); !saved)
            return saved;
        return fail(std::move(error));
    };
    const auto is_refusal = [](const Error &error) {
        return error.code == Code::conflict || !(error.retryable || error.state_unknown);
    };
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (!record.intent) {
        auto detached = converger_.reach(record, plan::Desired::release, task);
        // Lost: the backend's people took it already, and there is nothing to give back.
        if (!detached && detached.error().code != Code::not_found) {
            return is_refusal(detached.error()) ? refuse(std::move(detached).error()) : std::move(detached);
        }
    }
    task.stage("releasing");
    auto released = perform(Step::act_release, [&] { return (*driver)->release(task.call, record.id); });
    if (!released && released.error().code != Code::not_found) {
        return is_refusal(released.error()) ? refuse(std::move(released).error())
                                            : Result<void>(fail(std::move(released).error()));
    }
    spdlog::info("volume {} ({}): released; backend {} keeps it as {}", record.name, record.id,
                 record.backend, released ? released->backend_id : record.owner);
    if (auto erased = journal_.erase_volume(record.id, Step::release_record); !erased)
        return erased;
    live_.erase(record.id);
    return {};
}

} // namespace drover
