// drv.profiles/1 as a method. What it must do is at its slot in drover/ext/profiles.h.
#pragma once

#include "drover/ext/profiles.h"
#include "drover/sdk/instance.hpp"

#include <concepts>
#include <vector>

namespace drv {

struct Profile {
    Text name{};        // what CreateRequest::profile may hold
    Text description{}; // one line for people
    bool is_default = false;
    std::vector<Attribute> attributes{};
};

template <class T>
concept HasProfiles = requires(T &driver, Call &call) {
    { driver.profiles(call) } -> std::convertible_to<std::vector<Profile>>; // in the order people should see
};

namespace detail {

template <class T>
concept MentionsProfiles = requires {
    &T::profiles;
};

inline drv_profile lower(const Profile &from, Scratch &scratch) {
    scratch.take(from.attributes);
    return {.struct_size = sizeof(drv_profile),
            .reserved = 0,
            .flags = from.is_default ? std::uint64_t{DRV_PROFILE_DEFAULT} : 0,
            .name = to_abi(from.name.view()),
            .description = to_abi(from.description.view()),
            .attrs = scratch.attributes.data(),
            .attr_count = scratch.attributes.size()};
}
inline std::string_view flaw(const Profile &profile, const Scratch & /*unused*/) noexcept {
    return profile.name.empty() ? "a profile without a name was emitted" : "";
}

template <class T>
struct ProfilesTable {
    static drv_status list(drv_instance *self, const drv_call *raw, const drv_profile_sink *sink) noexcept {
        using ProfileSink = Sink<Profile, drv_profile_sink>;
        return run_many<T, ProfileSink>(self, raw, Effect::none, sink,
                                        [&](T &driver, Call &call, ProfileSink &out) {
                                            for (const Profile &profile : driver.profiles(call))
                                                out.emit(profile);
                                        });
    }
    static constexpr drv_profiles_v1 kTable = {
        .struct_size = sizeof(drv_profiles_v1), .reserved = 0, .list = &list};
};

} // namespace detail
} // namespace drv
