#include "core/plan/classify.hpp"
#include "core/plan/decide.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace drover::plan {
namespace {

std::vector<Discovered> all_discovered() {
    std::vector<Discovered> states;
    for (std::size_t i = 0; i < kDiscoveredCount; ++i)
        states.push_back(static_cast<Discovered>(i));
    return states;
}
constexpr std::array kAllDesired{Desired::mount, Desired::release, Desired::destroy, Desired::hold};
constexpr std::array kAllFormats{Format::never, Format::started, Format::done, Format::inherited};

std::vector<Facts> all_facts() {
    std::vector<Facts> all;
    for (int bits = 0; bits < 64; ++bits) {
        for (const Format format : kAllFormats) {
            all.push_back({.may_create = (bits & 1) != 0,
                           .used_here = (bits & 2) != 0,
                           .grow_pending = (bits & 4) != 0,
                           .format = format,
                           .content_has_our_uuid = (bits & 8) != 0,
                           .device_overdue = (bits & 16) != 0,
                           .reattached = (bits & 32) != 0});
            all.push_back(all.back());
            all.back().held_elsewhere_too = true;
        }
    }
    return all;
}

std::vector<Records> all_records() {
    std::vector<Records> all;
    for (int bits = 0; bits < 32; ++bits) {
        for (const Format format : kAllFormats) {
            all.push_back({.current = (bits & 1) != 0,
                           .known = (bits & 2) != 0,
                           .intent = (bits & 4) != 0,
                           .owned = (bits & 8) != 0,
                           .grant = (bits & 16) != 0,
                           .format = format});
        }
    }
    return all;
}

template <typename Visit>
void for_each_observation(const Visit &visit) {
    for (int backend = 0; backend < 3; ++backend) {
        for (int matches = 0; matches < 2; ++matches) {
            for (int attachment = 0; attachment < 4; ++attachment) {
                for (int fenced = 0; fenced < 2; ++fenced) {
                    for (int device = 0; device < 4; ++device) {
                        for (int content = 0; content < 5; ++content) {
                            for (int mount = 0; mount < 4; ++mount) {
                                visit(Observation{.backend = static_cast<Presence>(backend),
                                                  .backend_matches_owner = matches != 0,
                                                  .attachment = static_cast<Attachment>(attachment),
                                                  .holder_is_fenced = fenced != 0,
                                                  .device = static_cast<DeviceSeen>(device),
                                                  .content = static_cast<Content>(content),
                                                  .content_has_our_uuid = false,
                                                  .mount = static_cast<MountSeen>(mount)});
                            }
                        }
                    }
                }
            }
        }
    }
}

TEST(Decide, EveryStateHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (const auto state : all_discovered())
        names.insert(to_string(state));
    EXPECT_EQ(names.size(), kDiscoveredCount);
}

TEST(Decide, HoldNeverActs) {
    for (const auto state : all_discovered()) {
        for (const auto &facts : all_facts()) {
            const Action action = decide(state, Desired::hold, facts).action;
            EXPECT_TRUE(action == Action::none || action == Action::report) << to_string(state);
        }
    }
}

TEST(Decide, DoubtNeverActs) {
    for (const auto desired : kAllDesired) {
        for (const auto &facts : all_facts()) {
            const Action action = decide(Discovered::unknown, desired, facts).action;
            EXPECT_TRUE(action == Action::none || action == Action::retry);
        }
    }
}

TEST(Decide, OnlyABlankDeviceIsFormatted) {
    for (const auto state : all_discovered()) {
        for (const auto desired : kAllDesired) {
            for (const auto &facts : all_facts()) {
                if (decide(state, desired, facts).action != Action::format)
                    continue;
                EXPECT_EQ(state, Discovered::here_blank);
                EXPECT_EQ(desired, Desired::mount);
            }
        }
    }
}

TEST(Decide, OnlyADetachedVolumeIsDestroyedAndOnlyWithATombstone) {
    for (const auto state : all_discovered()) {
        for (const auto desired : kAllDesired) {
            for (const auto &facts : all_facts()) {
                if (decide(state, desired, facts).action != Action::destroy)
                    continue;
                EXPECT_EQ(state, Discovered::detached);
                EXPECT_EQ(desired, Desired::destroy);
            }
        }
    }
}

TEST(Decide, ALostVolumeIsNeverCreatedAgain) {
    for (const auto desired : kAllDesired) {
        for (const auto &facts : all_facts()) {
            const Action action = decide(Discovered::lost, desired, facts).action;
            EXPECT_NE(action, Action::create);
            EXPECT_NE(action, Action::resume_create);
        }
    }
}

TEST(Decide, MountedDataWithUsersStaysMounted) {
    for (const auto desired : kAllDesired) {
        EXPECT_EQ(decide(Discovered::mounted, desired, {.used_here = true}).action, Action::none);
    }
}

TEST(Decide, NothingIsAttachedWhileAnotherNodeMayWrite) {
    for (const auto desired : kAllDesired) {
        for (const auto &facts : all_facts()) {
            const Action action = decide(Discovered::elsewhere, desired, facts).action;
            EXPECT_TRUE(action == Action::none || action == Action::wait_for_holder);
        }
    }
}

TEST(Decide, ADuplicateIsNeverUsedNorDestroyed) {
    for (const auto desired : kAllDesired) {
        for (const auto &facts : all_facts()) {
            const Action action = decide(Discovered::duplicate, desired, facts).action;
            EXPECT_TRUE(action == Action::fail_duplicate || action == Action::report);
        }
    }
}

TEST(Decide, ASuspectDeviceIsOnlyFinishedWhenTheFormatWasOursAndTheUuidIsOurs) {
    EXPECT_EQ(decide(Discovered::here_suspect, Desired::mount,
                     {.format = Format::started, .content_has_our_uuid = true})
                  .action,
              Action::finish_format);
    for (const auto &facts : all_facts()) {
        if (facts.format == Format::started && facts.content_has_our_uuid)
            continue;
        EXPECT_EQ(decide(Discovered::here_suspect, Desired::mount, facts).action, Action::fail_suspect);
    }
}

TEST(Decide, AMissingDeviceIsRescannedThenReattachedOnceThenAnError) {
    EXPECT_EQ(decide(Discovered::here_nodev, Desired::mount, {}).action, Action::rescan);
    EXPECT_EQ(decide(Discovered::here_nodev, Desired::mount, {.device_overdue = true}).action,
              Action::reattach);
    EXPECT_EQ(
        decide(Discovered::here_nodev, Desired::mount, {.device_overdue = true, .reattached = true}).action,
        Action::fail_nodev);
}

TEST(Decide, MountingGrowsAFilesystemThatIsDue) {
    EXPECT_TRUE(decide(Discovered::here_fs, Desired::mount, {.grow_pending = true}).grow_first);
    EXPECT_FALSE(decide(Discovered::here_fs, Desired::mount, {}).grow_first);
}

TEST(Decide, NothingAbsentIsMadeUnlessThisNodeMay) {
    EXPECT_EQ(decide(Discovered::absent, Desired::mount, {.may_create = false}).action,
              Action::fail_not_found);
    EXPECT_EQ(decide(Discovered::absent, Desired::release, {.may_create = true}).action, Action::create);
}

TEST(Classify, AnUnreadableBackendRecordOrMountTableIsUnknownWhateverElseWasSeen) {
    for_each_observation([](const Observation &seen) {
        for (const auto &records : all_records()) {
            if (seen.backend != Presence::unknown && seen.mount != MountSeen::unknown && records.current)
                continue;
            EXPECT_EQ(classify(seen, records), Discovered::unknown);
        }
    });
}

TEST(Classify, BlankMeansBlankOnlyWhereNoFilesystemEverWas) {
    for_each_observation([](const Observation &seen) {
        for (const auto &records : all_records()) {
            if (classify(seen, records) != Discovered::here_blank)
                continue;
            EXPECT_EQ(seen.content, Content::blank);
            EXPECT_EQ(seen.device, DeviceSeen::ready);
            EXPECT_EQ(seen.attachment, Attachment::here);
            EXPECT_TRUE(records.owned);
            EXPECT_TRUE(records.format == Format::never || records.format == Format::started);
        }
    });
}

TEST(Classify, MountedMeansAProvenDeviceInItsPlaceAttachedHereByTheGrant) {
    for_each_observation([](const Observation &seen) {
        for (const auto &records : all_records()) {
            if (classify(seen, records) != Discovered::mounted)
                continue;
            EXPECT_EQ(seen.mount, MountSeen::right);
            EXPECT_TRUE(seen.device == DeviceSeen::ready || seen.device == DeviceSeen::too_small);
            EXPECT_EQ(seen.attachment, Attachment::here);
            EXPECT_TRUE(records.grant);
            EXPECT_TRUE(seen.backend_matches_owner);
        }
    });
}

TEST(Classify, AbsentNeedsCertaintyAndNoOwner) {
    for_each_observation([](const Observation &seen) {
        for (const auto &records : all_records()) {
            if (classify(seen, records) != Discovered::absent)
                continue;
            EXPECT_EQ(seen.backend, Presence::absent);
            EXPECT_FALSE(records.owned);
            EXPECT_FALSE(records.intent);
        }
    });
}

// Nothing that writes follows from any observation in which the device is not proven to be ours, here.
TEST(ClassifyAndDecide, NothingWritesOnADeviceThatIsNotProven) {
    for_each_observation([](const Observation &seen) {
        for (const auto &records : all_records()) {
            const Discovered state = classify(seen, records);
            for (const auto desired : kAllDesired) {
                for (const bool ours : {false, true}) {
                    const Action action =
                        decide(state, desired, {.format = records.format, .content_has_our_uuid = ours})
                            .action;
                    if (action != Action::format && action != Action::mount &&
                        action != Action::finish_format)
                        continue;
                    EXPECT_EQ(seen.device, DeviceSeen::ready);
                    EXPECT_EQ(seen.attachment, Attachment::here);
                    EXPECT_EQ(seen.mount, MountSeen::none);
                    EXPECT_TRUE(records.owned);
                    EXPECT_TRUE(seen.backend_matches_owner);
                }
            }
        }
    });
}

} // namespace
} // namespace drover::plan
