// Growing and removing volumes.
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"
#include "drover/ext/extend.h"

namespace drover {

Result<VolumeView> Volumes::do_extend(const Task &task, VolumeRecord record, std::uint64_t bytes) {
    if (bytes < record.bytes) {
        return fail(Code::invalid, fmt::format("{} bytes are less than it has ({}): volumes never shrink",
                                               bytes, record.bytes));
    }
    if (auto settled = check_settled(record); !settled)
        return fail(std::move(settled).error());
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (!(*driver)->offers(DRV_EXT_EXTEND)) {
        return fail(Code::unsupported, fmt::format("driver {} of backend {} cannot extend volumes",
                                                   (*driver)->description().name, record.backend));
    }
    record.extend_to = bytes;
    if (auto saved = journal_.save(record, Step::extend_announce); !saved)
        return fail(std::move(saved).error());
    if (auto grown = finish_extend(task, record); !grown) {
        if (record.extend_to != 0) {
            go_on_later(record, grown.error());
        } else if (record.grow_pending) { // the next mount tries again
            note_failure(record, grown.error(), std::nullopt);
        } // else it was refused, and the volume is as it was
        return fail(std::move(grown).error());
    }
    return view(record);
}

// Each step compares sizes and does only what is missing, so that it can be repeated after a crash.
Result<void> Volumes::finish_extend(const Task &task, VolumeRecord &record) {
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    auto capabilities = parts_.backends.capabilities(record.backend);
    if (!capabilities)
        return fail(std::move(capabilities).error());
    auto sight = converger_.look(record, task);
    if (sight && sight->classify(record) == plan::Discovered::here_nodev) {
        // After a reboot the backend still shows it attached: bring it to where it should be first.
        if (auto reached = converger_.reach(record, record.desired, task); !reached)
            return reached;
        sight = converger_.look(record, task);
    }
    if (!sight)
        return fail(std::move(sight).error());
    const auto refuse = [&](Error error) -> Result<void> {
        record.extend_to = 0;
        if (auto saved = journal_.save(record, Step::extend_withdraw); !saved)
            return saved;
        return fail(std::move(error));
    };
    switch (sight->classify(record)) {
    case plan::Discovered::detached:
    case plan::Discovered::here_blank:
    case plan::Discovered::here_fs:
        break;
    case plan::Discovered::mounted:
        if (!capabilities->online_extend) {
            return refuse(
                {.code = Code::conflict,
                 .message = fmt::format("backend {} cannot extend a volume in use: unmount it first",
                                        record.backend)});
        }
        break;
    case plan::Discovered::elsewhere:
    case plan::Discovered::elsewhere_fenced:
        return refuse(
            {.code = Code::conflict,
             .message = fmt::format("it is attached to another node ({}): extend it there", sight->holder)});
    case plan::Discovered::unknown:
        return fail(
            sight->doubt
                ? *sight->doubt
                : Error{.code = Code::unreachable, .message = "its state cannot be told", .retryable = true});
    default:
        return refuse({.code = Code::conflict,
                       .message = fmt::format("it cannot be extended as it is ({})",
                                              plan::to_string(sight->classify(record)))});
    }
    task.stage("extending on the backend");
    auto extended =
        perform(Step::act_extend, [&] { return (*driver)->extend(task.call, record.id, record.extend_to); });
    if (!extended) {
        if (extended.error().retryable || extended.error().state_unknown)
            return fail(std::move(extended).error());
        return refuse(std::move(extended).error());
    }
    if (extended->bytes < record.extend_to) {
        return refuse(
            {.code = Code::internal,
             .message = fmt::format("driver {} says it extended to {} bytes and shows {}",
                                    (*driver)->description().name, record.extend_to, extended->bytes)});
    }
    const bool has_filesystem =
        record.format == plan::Format::done || record.format == plan::Format::inherited;
    record.grow_pending = record.grow_pending || (has_filesystem && extended->bytes > record.bytes);
    record.bytes = extended->bytes;
    record.extend_to = 0;
    if (auto saved = journal_.save(record, Step::extend_record); !saved)
        return saved;
    return converger_.grow(record, *sight, task);
}

Result<void> Volumes::do_remove(const Task &task, VolumeRecord record, RemovePolicy policy) {
    if (record.use_count() > 0) {
        return fail(Code::conflict,
                    fmt::format("it is in use here ({} {}): unmount it first", record.use_count(),
                                record.use_count() == 1 ? "use" : "uses"));
    }
    if (auto free = check_in_no_group(record); !free)
        return free;
    if (policy == RemovePolicy::keep || (policy == RemovePolicy::destroy_if_ours && !record.created_by_us)) {
        return forget(task, std::move(record));
    }
    if (!record.adopting.empty()) {
        return fail(Code::conflict, "its adoption has not ended: repeat `drover volume adopt`, or give it "
                                    "back with `drover volume release`");
    }
    if (record.releasing)
        return fail_retryable(Code::conflict, "it is being released");
    if (const auto snapshots = journal_.snapshots_of(record.id); !snapshots.empty()) {
        std::string names;
        for (const auto &snapshot : snapshots)
            names += (names.empty() ? "" : ", ") + snapshot->name;
        return fail(Code::conflict, fmt::format("it has snapshots ({}): remove them first", names));
    }
    record.desired = plan::Desired::destroy;
    if (auto saved = journal_.save(record, Step::remove_announce); !saved)
        return saved;
    auto destroyed = converger_.reach(record, plan::Desired::destroy, task);
    if (destroyed)
        return {};
    const Error &error = destroyed.error();
    // It was never made, and will not be: there is nothing to remove.
    auto withdrawn = withdraw_create(task, record, error);
    if (!withdrawn)
        return fail(std::move(withdrawn).error());
    if (*withdrawn)
        return {};
    if (error.retryable && error.code != Code::conflict) {
        // The tombstone is written: it goes on by itself as soon as the backend can.
        note_failure(record, error, std::nullopt);
        converge_later(record, std::chrono::milliseconds(100));
        return destroyed;
    }
    record.desired = plan::Desired::release;
    if (auto saved = journal_.save(record, Step::remove_withdraw); !saved)
        return saved;
    return destroyed; // it was refused, and the volume is as it was
}

Result<void> Volumes::forget(const Task &task, VolumeRecord record) {
    // What never came to be needs no release, and what is lost cannot be released.
    if (!record.owner.empty() && !record.intent) {
        auto released = converger_.reach(record, plan::Desired::release, task);
        if (!released && released.error().code != Code::not_found)
            return released;
    }
    for (const auto &snapshot : journal_.snapshots_of(record.id)) {
        if (auto erased = journal_.erase_snapshot(snapshot->id, Step::forget_snapshot); !erased)
            return erased;
    }
    spdlog::info("volume {} ({}): forgotten here; backend {} keeps it", record.name, record.id,
                 record.backend);
    if (auto erased = journal_.erase_volume(record.id, Step::forget_volume); !erased)
        return erased;
    live_.erase(record.id);
    return {};
}

} // namespace drover
