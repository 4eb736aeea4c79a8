// What a volume may take of its backend. The backend keeps the limits and tells them; the journal only
// follows the profile, where a backend's profiles are limits.
#include "core/volume/asking.hpp"
#include "core/volume/submit.hpp"
#include "core/volume/volumes.hpp"
#include "drover/ext/qos.h"

namespace drover {

namespace {

// Of the limits that are wanted, those that the backend has not; and those it has.
Result<void> check_kinds(const Limits &wanted, const LimitKinds &kinds, const std::string &backend) {
    std::string lacking;
    std::string known;
    const auto look = [&](bool is_wanted, bool is_known, const char *name) {
        if (is_wanted && !is_known)
            lacking += (lacking.empty() ? "" : ", ") + std::string(name);
        if (is_known)
            known += (known.empty() ? "" : ", ") + std::string(name);
    };
    look(wanted.max_iops.has_value(), kinds.max_iops, "max_iops");
    look(wanted.min_iops.has_value(), kinds.min_iops, "min_iops");
    look(wanted.burst_iops.has_value(), kinds.burst_iops, "burst_iops");
    look(wanted.max_bytes_per_second.has_value(), kinds.max_bytes_per_second, "max_bytes_per_second");
    if (lacking.empty())
        return {};
    return fail(Code::unsupported, fmt::format("backend {} has no limit {}; it has: {}", backend, lacking,
                                               known.empty() ? "none" : known));
}

Result<void> check_has_limits(Driver &driver, const std::string &backend) {
    if (driver.offers(DRV_EXT_QOS))
        return {};
    return fail(Code::unsupported, fmt::format("driver {} of backend {} has no limits for volumes",
                                               driver.description().name, backend));
}

Result<LimitsView> limits_of(Driver &driver, const CallContext &call, const std::string &id) {
    auto kinds = driver.limit_kinds(call);
    if (!kinds)
        return fail(std::move(kinds).error());
    auto limits = driver.limits(call, id);
    if (!limits)
        return fail(std::move(limits).error());
    return LimitsView{.limits = *limits, .kinds = *kinds};
}

} // namespace

void Volumes::limits(const VolumeRef &ref, OperationOptions options, Done<LimitsView> done) {
    auto found = find_volume(journal_, ref);
    const std::string backend = found ? (*found)->backend : std::string();
    ask<LimitsView>(
        backend, "limits", std::move(options), std::move(done),
        [found](Driver &driver, const CallContext &call) -> Result<LimitsView> {
            if (auto good = check_has_limits(driver, (*found)->backend); !good)
                return fail(std::move(good).error());
            return limits_of(driver, call, (*found)->id);
        },
        found ? std::nullopt : std::optional(found.error()));
}

std::string Volumes::set_limits(const VolumeRef &ref, Limits limits, OperationOptions options,
                                Done<LimitsView> done) {
    return submit_for<LimitsView>(
        "limits", ref, std::move(options),
        [this, limits](const Task &task, VolumeRecord record) {
            return do_set_limits(task, std::move(record), limits);
        },
        std::move(done));
}

Result<LimitsView> Volumes::do_set_limits(const Task &task, VolumeRecord record, const Limits &limits) {
    if (auto settled = check_settled(record); !settled)
        return fail(std::move(settled).error());
    auto driver = converger_.driver_of(record);
    if (!driver)
        return fail(std::move(driver).error());
    if (auto good = check_has_limits(**driver, record.backend); !good)
        return fail(std::move(good).error());
    auto kinds = (*driver)->limit_kinds(task.call);
    if (!kinds)
        return fail(std::move(kinds).error());
    if (auto known = check_kinds(limits, *kinds, record.backend); !known)
        return fail(std::move(known).error());
    task.stage("setting limits");
    auto set = perform(Step::act_limits, [&] { return (*driver)->set_limits(task.call, record.id, limits); });
    if (!set)
        return fail(std::move(set).error());
    // Where profiles are made of limits, it may have another one now, or none. A crash before this is
    // written leaves the old one on record until the next change; nothing is decided by it.
    auto now = (*driver)->get(task.call, record.id);
    if (!now)
        return fail(std::move(now).error());
    record.profile = now->profile;
    if (auto saved = journal_.save(record, Step::limits_record); !saved)
        return fail(std::move(saved).error());
    auto made = (*driver)->limits(task.call, record.id);
    if (!made)
        return fail(std::move(made).error());
    return LimitsView{.limits = *made, .kinds = *kinds};
}

} // namespace drover
