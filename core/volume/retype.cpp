// Another profile or pool for a volume that exists.
#include "drover/ext/retype.h"

#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"

namespace drover {

std::string Volumes::retype(const VolumeRef &ref, NewShape shape, OperationOptions options,
                            Done<VolumeView> done) {
    return submit_for<VolumeView>(
        "retype", ref, std::move(options),
        [this, shape = std::move(shape)](const Task &task, VolumeRecord record) {
            return do_retype(task, std::move(record), shape);
        },
        std::move(done));
}

Result<VolumeView> Volumes::do_retype(const Task &task, VolumeRecord record, NewShape shape) {
    if (shape.profile.empty() && shape.pool.empty())
        return fail(Code::invalid, "name the profile or the pool that it is to have");
    if (auto settled = check_settled(record); !settled)
        return fail(std::move(settled).error());
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (!(*driver)->offers(DRV_EXT_RETYPE)) {
        return fail(Code::unsupported, fmt::format("driver {} of backend {} cannot give a volume another "
                                                   "profile or pool: make a new volume and copy the data",
                                                   (*driver)->description().name, record.backend));
    }
    record.retyping = std::move(shape);
    if (auto saved = journal_.save(record, Step::retype_announce); !saved)
        return fail(std::move(saved).error());
    if (auto retyped = finish_retype(task, record); !retyped) {
        if (record.retyping) // else it was refused, and the volume is as it was
            go_on_later(record, retyped.error());
        return fail(std::move(retyped).error());
    }
    return view(record);
}

// The driver goes on where it was interrupted, or finds it done.
Result<void> Volumes::finish_retype(const Task &task, VolumeRecord &record) {
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    const NewShape wanted = *record.retyping;
    const auto refuse = [&](Error error) -> Result<void> {
        record.retyping.reset();
        if (auto saved = journal_.save(record, Step::retype_withdraw); !saved)
            return saved;
        return fail(std::move(error));
    };
    task.stage("changing its profile");
    auto changed = perform(Step::act_retype, [&] {
        return (*driver)->retype(task.call, {.volume_id = record.id,
                                             .profile = wanted.profile,
                                             .pool = wanted.pool,
                                             .may_migrate = wanted.may_migrate});
    });
    if (!changed) {
        if (changed.error().retryable || changed.error().state_unknown)
            return fail(std::move(changed).error());
        return refuse(std::move(changed).error());
    }
    const auto differs = [](const std::string &asked, const std::string &shown) {
        return !asked.empty() && !shown.empty() && asked != shown;
    };
    if (differs(wanted.profile, changed->profile) || differs(wanted.pool, changed->pool)) {
        return refuse(
            {.code = Code::internal,
             .message = fmt::format("driver {} says it is retyped and shows profile \"{}\", pool "
                                    "\"{}\": report this to its vendor",
                                    (*driver)->description().name, changed->profile, changed->pool)});
    }
    const auto now = [](const std::string &shown, const std::string &asked, const std::string &before) {
        return !shown.empty() ? shown : !asked.empty() ? asked : before;
    };
    record.profile = now(changed->profile, wanted.profile, record.profile);
    record.pool = now(changed->pool, wanted.pool, record.pool);
    record.retyping.reset();
    spdlog::info("volume {} ({}): profile \"{}\", pool \"{}\" now", record.name, record.id, record.profile,
                 record.pool);
    return journal_.save(record, Step::retype_record);
}

} // namespace drover
