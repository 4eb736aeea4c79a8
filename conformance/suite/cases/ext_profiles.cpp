// drv.profiles/1.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace drover::conformance {
namespace {

constexpr Needs kProfiles{.extension = DRV_EXT_PROFILES};

std::vector<Profile> all_profiles(Test &test) {
    const Answer answer = test.instance().profiles();
    ok(test, answer);
    return answer.profiles;
}

// Those that the case file lets the suite use.
std::vector<Profile> usable_profiles(Test &test) {
    std::vector<Profile> usable = all_profiles(test);
    if (const auto &allowed = test.file().profiles) {
        std::erase_if(usable, [&](const Profile &each) {
            return std::find(allowed->begin(), allowed->end(), each.name) == allowed->end();
        });
    }
    if (usable.empty())
        test.skip("the backend has no profile that the case file lets the suite use");
    return usable;
}

void sane(Test &test) {
    std::set<std::string> names;
    std::size_t defaults = 0;
    for (const Profile &profile : all_profiles(test)) {
        test.expect(names.insert(profile.name).second, "every name once",
                    fmt::format("\"{}\" twice", profile.name));
        test.expect(profile.description.find('\n') == std::string::npos, "a description of one line",
                    fmt::format("that of \"{}\" has more", profile.name));
        defaults += profile.is_default ? 1 : 0;
    }
    test.expect(defaults <= 1, "at most one DRV_PROFILE_DEFAULT", fmt::format("{}", defaults));
}

void accepted(Test &test) {
    for (const Profile &profile : usable_profiles(test)) {
        CreateArguments request = test.small_volume();
        request.profile = profile.name;
        request.pool.clear(); // a profile may bring its own
        const BackendVolume volume = one_volume(test, test.instance().create(request), request.id);
        test.expect(volume.profile == profile.name,
                    fmt::format("the volume has the profile \"{}\"", profile.name),
                    fmt::format("\"{}\"", volume.profile));
        same_volume(test, volume, one_volume(test, test.instance().create(request), request.id),
                    "create again");
        same_volume(test, volume, exists(test, test.instance(), request.id), "get");
    }
}

void near_names(Test &test) {
    const auto profiles = all_profiles(test);
    const auto is_known = [&](const std::string &name) {
        return std::any_of(profiles.begin(), profiles.end(),
                           [&](const Profile &each) { return each.name == name; });
    };
    for (const Profile &profile : profiles) {
        std::string upper = profile.name;
        std::transform(upper.begin(), upper.end(), upper.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        for (const std::string &name :
             {profile.name + "x", " " + profile.name, profile.name.substr(1), upper}) {
            if (name.empty() || is_known(name))
                continue;
            CreateArguments request = test.small_volume();
            request.profile = name;
            answers(test, test.instance().create(request), {DRV_E_INVALID},
                    fmt::format("\"{}\" is no profile", name));
            absent(test, test.instance(), request.id);
        }
    }
}

void other_profile(Test &test) {
    CreateArguments request = test.small_volume();
    request.pool.clear();
    const auto profiles = usable_profiles(test);
    request.profile = profiles.front().name;
    const BackendVolume first = one_volume(test, test.instance().create(request), request.id);
    if (profiles.size() < 2)
        test.skip("the backend has only one profile that the case file lets the suite use");
    request.profile = profiles[1].name;
    answers(test, test.instance().create(request), {DRV_E_EXISTS}, "the id exists with another profile");
    same_volume(test, first, exists(test, test.instance(), request.id), "get after the refusal");
}

} // namespace

void add_profiles_cases(Registry &all) {
    all.advertised("ext.profiles.list", kProfiles,
                   "Profiles have unique names and at most one is the default.", sane);
    all.advertised("ext.profiles.stable", kProfiles, "The list is the same every time, in the same order.",
                   [](Test &test) {
                       const auto first = all_profiles(test);
                       const auto again = all_profiles(test);
                       test.expect(
                           std::equal(first.begin(), first.end(), again.begin(), again.end(),
                                      [](const Profile &a, const Profile &b) { return a.name == b.name; }),
                           "the same names in the same order", "others");
                   });
    all.advertised("ext.profiles.stop-in-sink", kProfiles,
                   "A sink that answers STOPPED ends the list, which answers STOPPED.", [](Test &test) {
                       if (all_profiles(test).empty())
                           test.skip("the backend has no profiles");
                       const Answer answer = test.instance().profiles(1);
                       answers(test, answer, {DRV_E_STOPPED}, "the sink asked it to stop");
                   });
    all.advertised("ext.profiles.accepted", kProfiles,
                   "Create takes every listed profile, and the volume reports it.", accepted);
    all.advertised("ext.profiles.exact", kProfiles,
                   "Names that are nearly those of a profile answer INVALID.", near_names);
    all.advertised("ext.profiles.other-profile-exists", kProfiles,
                   "A known id with another profile answers EXISTS and changes nothing.", other_profile);
}

} // namespace drover::conformance
