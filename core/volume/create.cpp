// Making volumes: new, from a source, or taken over because the backend has them already.
#include "core/volume/identity.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"
#include "drover/ext/manage.h"

namespace drover {

namespace {

Result<void> check_shape(const VolumeSpec &spec, const VolumeRecord &record, std::uint64_t granularity) {
    const auto differs = [&](std::string_view what, std::string_view has, std::string_view asked) {
        return fail(Code::exists,
                    fmt::format("it exists with {} {}, not {}: use it as it is, or choose another name", what,
                                has.empty() ? "(none)" : has, asked));
    };
    if (spec.bytes && (record.bytes < *spec.bytes || record.bytes - *spec.bytes >= granularity)) {
        return differs("size", fmt::format("{} bytes", record.bytes), fmt::format("{} bytes", *spec.bytes));
    }
    if (!spec.profile.empty() && spec.profile != record.profile)
        return differs("profile", record.profile, spec.profile);
    if (!spec.pool.empty() && spec.pool != record.pool)
        return differs("pool", record.pool, spec.pool);
    if (!spec.fstype.empty() && spec.fstype != record.fstype)
        return differs("filesystem", record.fstype, spec.fstype);
    return {};
}

Result<void> check_spec(const VolumeSpec &spec) {
    if (spec.bytes && *spec.bytes == 0)
        return fail(Code::invalid, "a volume of size 0 cannot be made: give a size such as 10GiB");
    if (!spec.fstype.empty() && spec.fstype != "ext4" && spec.fstype != "xfs") {
        return fail(Code::invalid, fmt::format("filesystem {} is not known: use ext4 or xfs", spec.fstype));
    }
    const std::string &folder = spec.root.subfolder;
    if (!folder.empty()) {
        if (auto good = check_name(folder, "subfolder"); !good)
            return good;
    }
    if (spec.root.mode && *spec.root.mode > 07777) {
        return fail(Code::invalid, fmt::format("mode {:o} is no set of permission bits", *spec.root.mode));
    }
    return {};
}

} // namespace

Result<VolumeView> Volumes::do_create(const Task &task, const VolumeSpec &spec, const std::string &id,
                                      const std::string &backend) {
    if (auto good = check_spec(spec); !good)
        return fail(std::move(good).error());
    // Checked by the caller too, but another create may have come between: two of one name with two ids, of
    // two names with one id, or on two backends.
    const auto name_lock = lock_of("name:" + spec.name);
    const std::lock_guard name_guard(*name_lock);
    if (const auto named = journal_.volume_named(spec.name); named && named->id != id)
        return fail(Code::exists, fmt::format("there is a volume of that name with id {}", named->id));
    if (const auto record = journal_.volume(id)) {
        if (record->name != spec.name)
            return fail(Code::exists, fmt::format("id {} is volume {}", id, record->name));
        if (record->backend != backend) {
            return fail(
                Code::exists,
                fmt::format("there is a volume of that name on backend {}; names are unique across backends",
                            record->backend));
        }
        return create_existing(task, spec, *record);
    }
    auto adopted = adopt(task, spec, id, backend);
    if (!adopted)
        return fail(std::move(adopted).error());
    if (*adopted)
        return std::move(**adopted);
    if (spec.must_exist) {
        return fail(
            Code::not_found,
            fmt::format("no such volume, here or on backend {}; it is not created without being asked to: "
                        "create it first, with at least one option (such as a size)",
                        backend));
    }
    return create_new(task, spec, id, backend);
}

Result<VolumeView> Volumes::create_existing(const Task &task, const VolumeSpec &spec, VolumeRecord record) {
    if (record.desired == plan::Desired::destroy) {
        return fail_retryable(Code::conflict,
                              "it is being deleted: try again when it is gone, or choose another name");
    }
    if (record.releasing)
        return fail_retryable(Code::conflict, "it is being released: try again, or choose another name");
    if (!record.adopting.empty()) {
        if (auto adopted = finish_adopt(task, record); !adopted)
            return fail(std::move(adopted).error());
    }
    if (record.intent || record.owner.empty()) {
        // A crash or an error came between; the same token finds what was made then.
        return finish_create(task, record);
    }
    if (!spec.any_shape) {
        auto capabilities = parts_.backends.capabilities(record.backend);
        const std::uint64_t granularity = capabilities ? capabilities->granularity_bytes : 1;
        if (auto same = check_shape(spec, record, granularity); !same)
            return fail(std::move(same).error());
    }
    return view(record);
}

// By its id; or, when the name says the id, under the one that an adopted volume of that name has.
Result<std::optional<BackendVolume>> Volumes::find_on_backend(const Task &task, const VolumeSpec &spec,
                                                              Driver &driver, const std::string &id) const {
    std::vector<std::string> ids{id};
    if (spec.id.empty() && driver.offers(DRV_EXT_MANAGE))
        ids.push_back(adopted_id(parts_.node.cluster_id, spec.name));
    for (const std::string &each : ids) {
        auto found = driver.get(task.call, each);
        if (found)
            return std::optional(std::move(*found));
        if (found.error().code != Code::not_found)
            return fail(std::move(found).error());
    }
    return std::optional<BackendVolume>();
}

// Another agent that shares only the backend may have made it: same name, same id.
Result<std::optional<VolumeView>> Volumes::adopt(const Task &task, const VolumeSpec &spec,
                                                 const std::string &id, const std::string &backend) {
    auto driver = parts_.backends.driver(backend);
    if (!driver)
        return fail(std::move(driver).error());
    auto looked = find_on_backend(task, spec, **driver, id);
    if (!looked)
        return fail(std::move(looked).error());
    if (!*looked)
        return std::optional<VolumeView>();
    const std::optional<BackendVolume> &found = *looked;
    // Under another id than the job's own: nobody else may be at it. (Who adopts holds the id, and waits for
    // the name that is held here: never wait for it.)
    const auto id_lock = found->id == id ? nullptr : lock_of(found->id);
    const auto id_guard =
        id_lock ? std::unique_lock<std::mutex>(*id_lock, std::try_to_lock) : std::unique_lock<std::mutex>();
    if (id_lock && !id_guard.owns_lock())
        return fail_retryable(Code::conflict, "it is being adopted: try again");
    const bool was_adopted = is_adopted_id(found->id);
    VolumeRecord record{.id = found->id,
                        .name = spec.name,
                        .backend = backend,
                        .bytes = found->bytes,
                        .profile = found->profile,
                        .pool = found->pool,
                        .created_unix_ns = found->created_unix_ns.value_or(unix_now_ns()),
                        .created_by_us = false,
                        .fstype = spec.fstype.empty() ? parts_.defaults.fstype : spec.fstype,
                        .format = was_adopted ? plan::Format::inherited : plan::Format::never,
                        .root = spec.root,
                        .root_prepared = was_adopted};
    if (!spec.any_shape) {
        auto capabilities = parts_.backends.capabilities(backend);
        VolumeSpec comparable = spec;
        comparable.fstype.clear(); // what is on it shows only when it is attached
        if (auto same = check_shape(comparable, record, capabilities ? capabilities->granularity_bytes : 1);
            !same) {
            return fail(std::move(same).error());
        }
    }
    if (auto saved = journal_.save(record, Step::adopt_announce); !saved)
        return fail(std::move(saved).error());
    if (auto claimed = converger_.reach(record, plan::Desired::release, task); !claimed)
        return fail(std::move(claimed).error());
    return std::optional<VolumeView>(view(record));
}

Result<VolumeRecord> Volumes::record_for(const VolumeSpec &spec, const std::string &id,
                                         const std::string &backend) const {
    VolumeRecord record{.id = id,
                        .name = spec.name,
                        .backend = backend,
                        .bytes = spec.bytes.value_or(parts_.defaults.bytes),
                        .profile = spec.profile,
                        .pool = spec.pool,
                        .created_unix_ns = unix_now_ns(),
                        .intent = true,
                        .fstype = spec.fstype.empty() ? parts_.defaults.fstype : spec.fstype,
                        .root = spec.root};
    if (!spec.source)
        return record;

    auto source = find_volume(journal_, {.name_or_id = spec.source->volume});
    if (!source)
        return fail(std::move(source).error().with_context("source"));
    const VolumeRecord &origin = **source;
    if (origin.backend != backend) {
        return fail(Code::invalid,
                    fmt::format("its source {} is on backend {}: a copy can only be made on the same backend",
                                origin.name, origin.backend));
    }
    record.source = VolumeSource{.kind = spec.source->kind, .volume = origin.id};
    bool formatted = origin.format == plan::Format::done || origin.format == plan::Format::inherited;
    std::string fstype = origin.fstype;
    std::string fs_uuid = origin.fs_uuid;
    std::uint64_t source_bytes = origin.bytes;
    if (spec.source->kind == VolumeSource::Kind::snapshot) {
        auto snapshot = find_snapshot(journal_, spec.source->snapshot, VolumeRef{.name_or_id = origin.id});
        if (!snapshot)
            return fail(std::move(snapshot).error().with_context("source"));
        if ((*snapshot)->state != SnapshotRecord::State::ready) {
            return fail_retryable(Code::conflict,
                                  fmt::format("its source snapshot {} is {}", (*snapshot)->name,
                                              to_string((*snapshot)->state)));
        }
        record.source->snapshot = (*snapshot)->id;
        formatted = (*snapshot)->formatted;
        fstype = (*snapshot)->fstype;
        fs_uuid = (*snapshot)->fs_uuid;
        source_bytes = (*snapshot)->bytes;
    }
    if (spec.bytes && *spec.bytes < source_bytes) {
        return fail(Code::invalid,
                    fmt::format("{} bytes are less than its source has ({})", *spec.bytes, source_bytes));
    }
    record.bytes = spec.bytes.value_or(source_bytes);
    if (formatted) {
        if (!spec.fstype.empty() && spec.fstype != fstype) {
            return fail(Code::invalid,
                        fmt::format("its source carries {}; a copy cannot be {}", fstype, spec.fstype));
        }
        record.format = plan::Format::inherited;
        record.fstype = fstype;
        record.fs_uuid = fs_uuid;
        // A copy of a source that is new itself may lack what has not reached the disk: it is looked at.
        record.root_prepared = false;
        record.grow_pending = record.bytes > source_bytes;
        if (record.root.subfolder.empty())
            record.root.subfolder = origin.root.subfolder;
    }
    return record;
}

Result<VolumeView> Volumes::create_new(const Task &task, const VolumeSpec &spec, const std::string &id,
                                       const std::string &backend) {
    auto record = record_for(spec, id, backend);
    if (!record)
        return fail(std::move(record).error());
    if (auto saved = journal_.save(*record, Step::create_announce); !saved)
        return fail(std::move(saved).error());
    return finish_create(task, *record);
}

Result<VolumeView> Volumes::finish_create(const Task &task, VolumeRecord &record) {
    auto made = converge_from_source(record, task);
    if (made) {
        // Beside the answer: what it did not wait for.
        const auto settle = [this] {
            if (auto settled = journal_.settle(Step::create_settle); !settled)
                spdlog::warn("the journal: {}", settled.error().message);
        };
        parts_.workers.post("", "journal", settle, AtStop::run);
        return view(record);
    }
    auto withdrawn = withdraw_create(task, record, made.error());
    if (!withdrawn)
        return fail(std::move(withdrawn).error());
    if (!*withdrawn)
        note_failure(record, made.error(), std::nullopt);
    return fail(std::move(made).error());
}

// A create that failed for good leaves nothing behind, unless nobody can tell whether something was made:
// then the intent stays, and the next create (or remove) of that name finds out. True: it is withdrawn.
Result<bool> Volumes::withdraw_create(const Task &task, const VolumeRecord &record, const Error &failure) {
    if (!record.intent || failure.state_unknown)
        return false;
    auto driver = parts_.backends.driver(record.backend);
    if (!driver)
        return false;
    const auto now = (*driver)->get(task.call, record.id);
    const bool is_anothers = now && !record.adopting.empty() && now->backend_id != record.adopting;
    if (!is_anothers && (now || now.error().code != Code::not_found))
        return false;
    if (auto erased = journal_.erase_volume(record.id, Step::create_withdraw); !erased)
        return fail(std::move(erased).error());
    live_.erase(record.id);
    return true;
}

// A source that is mounted here is frozen while it is copied, so that the copy is one instant's.
Result<void> Volumes::converge_from_source(VolumeRecord &record, const Task &task) {
    const auto make = [&] { return converger_.reach(record, plan::Desired::release, task); };
    if (!record.intent || !record.source || record.source->kind != VolumeSource::Kind::volume)
        return make();
    const auto lock = lock_of(record.source->volume);
    const std::lock_guard guard(*lock);
    const auto origin = journal_.volume(record.source->volume);
    if (!origin)
        return make(); // the backend may still have it; it answers
    VolumeRecord source = *origin;
    auto consistent = frozen(source, task, make);
    if (!consistent)
        return fail(std::move(consistent).error());
    if (*consistent)
        return {};
    spdlog::warn(
        "volume {} ({}): the filesystem of its source {} was not held still while it was copied: the "
        "copy, of one instant as every driver's is, is as after a power loss",
        record.name, record.id, source.name);
    return {};
}

} // namespace drover
