// Limits on operations and bytes: drv.qos/1, and the profiles that are made of them.
#include "drivers/flasharray/driver.hpp"

#include <algorithm>

namespace flasharray {

using drv::Code;
using drv::Error;

VolumeLimits FlashArray::limits_of(std::string_view profile) const {
    if (profile.empty())
        return {};
    std::string offered;
    for (const ProfileRule &rule : config_.profiles) {
        if (rule.name == profile)
            return rule.limits;
        offered += (offered.empty() ? "" : ", ") + rule.name;
    }
    throw Error(Code::invalid,
                "there is no profile \"" + drv::one_line(profile, 100) + "\"; " +
                    (offered.empty() ? "agent.yml names none (pure_profiles)" : "known are: " + offered));
}

std::string FlashArray::profile_of(const VolumeLimits &limits) const {
    const auto found = std::ranges::find_if(config_.profiles,
                                            [&](const ProfileRule &rule) { return rule.limits == limits; });
    return found == config_.profiles.end() ? std::string() : found->name;
}

std::string FlashArray::profile_of(const Limit &limit, std::string_view volume_name) {
    if (config_.profiles.empty() || objects_.version(limit) < kBandwidthLimits)
        return {};
    return profile_of(objects_.limits(limit, volume_name).value_or(VolumeLimits()));
}

void FlashArray::check_supported(const Limit &limit, const VolumeLimits &limits) {
    const RestVersion version = objects_.version(limit);
    if ((limits.bytes_per_second && version < kBandwidthLimits) || (limits.iops && version < kIopsLimits)) {
        throw Error(Code::unsupported,
                    "the array speaks version " + version.text() +
                        " of its REST API; limits on bytes need 1.14, limits on operations 1.17");
    }
}

std::vector<drv::Profile> FlashArray::profiles(drv::Call & /*call*/) {
    std::vector<drv::Profile> all;
    for (const ProfileRule &rule : config_.profiles) {
        drv::Profile profile{
            .name = rule.name, .description = describe(rule.limits), .attributes = {{"thin", "true"}}};
        if (rule.limits.iops)
            profile.attributes.push_back({"max_iops", std::to_string(*rule.limits.iops)});
        if (rule.limits.bytes_per_second) {
            profile.attributes.push_back(
                {"max_bytes_per_second", std::to_string(*rule.limits.bytes_per_second)});
        }
        all.push_back(std::move(profile));
    }
    return all;
}

drv::Volume FlashArray::retype(drv::Call &call, const drv::RetypeRequest &request) {
    check_shape(call, request.profile, request.pool);
    const Located volume = must_find(call, request.id);
    if (!request.profile.empty()) {
        const VolumeLimits wanted = limits_of(request.profile);
        const auto before = objects_.limits(call, volume.row.name);
        if (before != wanted) {
            objects_.set_limits(call, volume.row.name, wanted);
            return after_change([&] {
                const auto now = objects_.limits(call, volume.row.name);
                if (now == before)
                    throw lied("changed the limits of " + volume.row.name + ", and did not");
                return volume_record(volume, connections_of(call, volume), hosts_,
                                     profile_of(now.value_or(VolumeLimits())));
            });
        }
    }
    return record(call, volume);
}

std::uint64_t FlashArray::qos_supported(drv::Call &call) {
    const RestVersion version = objects_.version(call);
    return (version >= kBandwidthLimits ? std::uint64_t{DRV_QOS_MAX_BYTES_PER_SECOND} : 0) |
           (version >= kIopsLimits ? std::uint64_t{DRV_QOS_MAX_IOPS} : 0);
}

drv::Qos FlashArray::qos_get(drv::Call &call, std::string_view id) {
    const Located volume = must_find(call, id);
    if (objects_.version(call) < kBandwidthLimits)
        return {};
    const auto limits = objects_.limits(call, volume.row.name);
    if (!limits)
        throw Error(Code::not_found, "volume " + std::string(id) + " went away on the array");
    return {.max_iops = limits->iops, .max_bytes_per_second = limits->bytes_per_second};
}

void FlashArray::qos_set(drv::Call &call, std::string_view id, const drv::Qos &limits) {
    if (limits.min_iops || limits.burst_iops)
        throw Error(Code::unsupported, "a FlashArray has no limits but max_iops and max_bytes_per_second");
    const VolumeLimits wanted{limits.max_iops, limits.max_bytes_per_second};
    check_supported(call, wanted);
    check_limits(wanted);
    const Located volume = must_find(call, id);
    if (wanted.empty() && objects_.version(call) < kBandwidthLimits)
        return;
    objects_.set_limits(call, volume.row.name, wanted);
    after_change([&] {
        // Which limits there are, not their values: the array may round them.
        const auto now = objects_.limits(call, volume.row.name);
        if (!now || now->iops.has_value() != wanted.iops.has_value() ||
            now->bytes_per_second.has_value() != wanted.bytes_per_second.has_value())
            throw lied("set the limits of " + volume.row.name + ", and it has others");
    });
}

void FlashArray::qos_clear(drv::Call &call, std::string_view id) {
    qos_set(call, id, {});
}

} // namespace flasharray
