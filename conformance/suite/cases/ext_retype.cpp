// drv.retype/1.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "conformance/suite/data_path.hpp"
#include "conformance/suite/extension_calls.hpp"

#include <fmt/format.h>

namespace drover::conformance {
namespace {

constexpr Needs kRetype{.extension = DRV_EXT_RETYPE};
constexpr Needs kWithProfiles{.extension = DRV_EXT_RETYPE, .second = DRV_EXT_PROFILES};
constexpr Needs kWithSnapshots{.extension = DRV_EXT_RETYPE, .second = DRV_EXT_SNAPSHOT};

Answer retype(Test &test, const RetypeArguments &arguments, const CallOptions &options = {}) {
    return ExtensionCalls(test.instance()).retype(arguments, options);
}

std::vector<std::string> usable_profiles(Test &test, std::size_t wanted) {
    std::vector<std::string> names;
    if (test.file().profiles) {
        names = *test.file().profiles;
    } else if (test.instance().offers(DRV_EXT_PROFILES)) {
        const Answer answer = test.instance().profiles();
        ok(test, answer);
        for (const Profile &profile : answer.profiles)
            names.push_back(profile.name);
    }
    if (names.size() < wanted)
        test.skip(fmt::format("it needs {} profiles to change between", wanted));
    return names;
}

BackendVolume volume_of(Test &test, const std::string &profile) {
    CreateArguments request = test.small_volume();
    request.profile = profile;
    return one_volume(test, test.instance().create(request), request.id);
}

// All but the profile.
void same_but_profile(Test &test, BackendVolume before, const BackendVolume &after) {
    before.profile = after.profile;
    before.pool = after.pool;
    same_volume(test, before, after, "retype");
}

void changes(Test &test) {
    DataPath path(test);
    const auto profiles = usable_profiles(test, 2);
    const BackendVolume volume = volume_of(test, profiles.front());
    path.write_volume(volume, 60);
    for (const std::string &profile : profiles) {
        const BackendVolume after = one_volume(
            test, retype(test, {.id = volume.id, .profile = profile, .flags = DRV_RETYPE_MAY_MIGRATE}),
            volume.id);
        test.expect(after.profile == profile, fmt::format("the profile {}", profile), after.profile);
        same_but_profile(test, volume, after);
        same_volume(test, after, exists(test, test.instance(), volume.id), "get");
        path.expect_volume(volume.id, 60, volume.bytes, fmt::format("as {} it holds its data", profile));
    }
}

void same_shape(Test &test) {
    const auto profiles = usable_profiles(test, 1);
    const BackendVolume volume = volume_of(test, profiles.front());
    for (const std::string &profile : {profiles.front(), std::string()}) {
        same_volume(test, volume,
                    one_volume(test, retype(test, {.id = volume.id, .profile = profile}), volume.id),
                    "retype to what it has");
    }
}

void unknown_shape(Test &test) {
    const BackendVolume volume = test.make_volume();
    answers(test, retype(test, {.id = volume.id, .profile = "conformance-no-such-profile"}), {DRV_E_INVALID},
            "there is no such profile");
    answers(test, retype(test, {.id = volume.id, .pool = "conformance-no-such-pool"}), {DRV_E_INVALID},
            "there is no such pool");
    same_volume(test, volume, exists(test, test.instance(), volume.id), "get after the refusal");
}

void attached(Test &test) {
    const auto profiles = usable_profiles(test, 2);
    const BackendVolume volume = volume_of(test, profiles[0]);
    const Connection before = test.attach_first(volume.id);
    for (std::size_t round = 0; round < 2; ++round) {
        answers(
            test,
            retype(test, {.id = volume.id, .profile = profiles[1 - round], .flags = DRV_RETYPE_MAY_MIGRATE}),
            {DRV_OK, DRV_E_CONFLICT}, "the volume is attached, which the backend can do or not");
        test.expect(one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()})) ==
                        before,
                    "the connection is as before", "another one");
    }
}

void snapshots_stay(Test &test) {
    const auto profiles = usable_profiles(test, 2);
    const BackendVolume volume = volume_of(test, profiles[0]);
    const BackendVolume snapshot = test.make_snapshot(volume.id);
    answers(test, retype(test, {.id = volume.id, .profile = profiles[1]}), {DRV_OK, DRV_E_CONFLICT},
            "without DRV_RETYPE_MAY_MIGRATE it is done without a copy, or not at all");
    one_volume(test, retype(test, {.id = volume.id, .profile = profiles[1], .flags = DRV_RETYPE_MAY_MIGRATE}),
               volume.id);
    same_volume(test, snapshot, one_snapshot(test, test.instance().snapshot_get(snapshot.id), snapshot.id),
                "get of the snapshot");
}

} // namespace

void add_retype_cases(Registry &all) {
    all.advertised("ext.retype.changes", kWithProfiles,
                   "Retype gives a volume each profile and keeps its id, size and data.", changes);
    all.advertised("ext.retype.same-shape", kWithProfiles,
                   "Retype to the profile a volume has, or to none named, emits it unchanged.", same_shape);
    all.advertised("ext.retype.unknown-shape", kRetype,
                   "A profile or pool that there is not answers INVALID and changes nothing.", unknown_shape);
    all.advertised("ext.retype.attached", kWithProfiles,
                   "A volume that is attached is changed or refused with CONFLICT, and stays attached.",
                   attached);
    all.advertised("ext.retype.snapshots-stay", kWithSnapshots,
                   "Snapshots stay as they are when their volume is changed.", snapshots_stay);
    all.advertised("ext.retype.unknown-flag", kRetype, "An unknown flag bit answers INVALID.",
                   [](Test &test) {
                       const BackendVolume volume = test.make_volume();
                       for (const std::uint64_t flag : {std::uint64_t{1} << 63U, std::uint64_t{2}}) {
                           answers(test, retype(test, {.id = volume.id, .flags = flag}), {DRV_E_INVALID},
                                   "the flag is unknown");
                       }
                   });
    all.advertised("ext.retype.not-found", kRetype, "Changing what does not exist answers NOT_FOUND.",
                   [](Test &test) {
                       answers(test, retype(test, {.id = test.fresh_id()}), {DRV_E_NOT_FOUND},
                               "there is no such volume");
                   });
    all.advertised(
        "ext.retype.bad-ids", kRetype, "Ids that are empty, 64 KiB long or not UTF-8 answer INVALID.",
        [](Test &test) {
            for (const std::string &id : {std::string(), std::string(65536, 'a'), std::string("\xFF\xFE")})
                answers(test, retype(test, {.id = id}), {DRV_E_INVALID}, "that is no id");
        });
    all.advertised("ext.retype.deadline-past", kWithProfiles,
                   "A retype whose deadline has passed changes nothing.", [](Test &test) {
                       const auto profiles = usable_profiles(test, 2);
                       const BackendVolume volume = volume_of(test, profiles[0]);
                       const CallOptions late{
                           .deadline = Deadline::at(Deadline::Clock::now() - std::chrono::seconds(1))};
                       answers(test, retype(test, {.id = volume.id, .profile = profiles[1]}, late),
                               {DRV_E_DEADLINE, DRV_E_CANCELLED}, "it came too late");
                       same_volume(test, volume, exists(test, test.instance(), volume.id), "get");
                   });
}

} // namespace drover::conformance
