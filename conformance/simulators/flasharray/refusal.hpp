// How the array says no: thrown by whatever carries out a call, answered as the REST API does. The words that
// old clients look for are in one place, here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drover::sim::flasharray {

struct Refusal {
    unsigned status = 400;
    std::string context; // the name of the object meant
    std::string words;
};

// Several items of one call can fail, each with words of its own.
struct Refusals {
    std::vector<Refusal> all;
};

[[noreturn]] inline void refuse(std::string_view context, std::string words) {
    throw Refusal{.context = std::string(context), .words = std::move(words)};
}

namespace words {

inline constexpr const char *kNoVolume = "Volume does not exist.";
inline constexpr const char *kNoSnapshot = "Snapshot does not exist.";
inline constexpr const char *kNoHost = "Host does not exist.";
inline constexpr const char *kNoHostGroup = "Host group does not exist.";
inline constexpr const char *kNoGroup = "Protection group does not exist.";
inline constexpr const char *kNoGroupSnapshot = "Protection group snapshot does not exist.";
inline constexpr const char *kNoPod = "Pod does not exist.";
inline constexpr const char *kNoVolumeGroup = "Volume group does not exist.";
inline constexpr const char *kNoTarget = "Array connection does not exist.";
inline constexpr const char *kVolumeExists = "Volume already exists.";
inline constexpr const char *kSnapshotExists = "Snapshot already exists.";
inline constexpr const char *kHostExists = "Host already exists.";
inline constexpr const char *kHostGroupExists = "Host group already exists.";
inline constexpr const char *kGroupExists = "Protection group already exists.";
inline constexpr const char *kPodExists = "Pod already exists.";
inline constexpr const char *kVolumeGroupExists = "Volume group already exists.";
inline constexpr const char *kConnectionExists = "Connection already exists.";
inline constexpr const char *kLunInUse = "The LUN is not available: another volume has it.";
inline constexpr const char *kNoFreeLun = "Connection limit reached: no LUN is free.";
inline constexpr const char *kVolumeDestroyed =
    "Volume has been destroyed. It can be recovered by purevol recover and eradicated by purevol eradicate.";
inline constexpr const char *kSnapshotDestroyed = "Snapshot has been destroyed. It can be recovered by "
                                                  "purevol recover and eradicated by purevol eradicate.";
inline constexpr const char *kGroupDestroyed = "Protection group has been destroyed. It can be recovered by "
                                               "purepgroup recover and eradicated by purepgroup "
                                               "eradicate.";
inline constexpr const char *kNotDestroyed = "It must be destroyed before it can be eradicated.";
inline constexpr const char *kNotPending = "It is not pending eradication.";
inline constexpr const char *kEradicationOff = "Eradication is disabled.";
inline constexpr const char *kVolumeConnected =
    "Volume cannot be destroyed while it has connections to hosts.";
inline constexpr const char *kNotConnected = "Volume is not connected to this host.";
inline constexpr const char *kNotConnectedToGroup = "Volume is not connected to this host group.";
inline constexpr const char *kHostConnected = "Host cannot be deleted due to existing connections.";
inline constexpr const char *kHostGroupConnected =
    "Host group cannot be deleted due to existing connections.";
inline constexpr const char *kHostGroupHasHosts = "Host group cannot be deleted because it has hosts.";
inline constexpr const char *kIqnInUse = "The specified IQN is already in use.";
inline constexpr const char *kWwnInUse = "The specified WWN is already in use.";
inline constexpr const char *kNqnInUse = "The specified NQN is already in use.";
inline constexpr const char *kNotAnInitiator = "The specified initiator is not one of the host's.";
inline constexpr const char *kInOtherHostGroup = "Host is already a member of a host group.";
inline constexpr const char *kNotInHostGroup = "Host could not be found in the host group.";
inline constexpr const char *kMember = "already belongs to the protection group.";
inline constexpr const char *kNoMember = "could not be found in the protection group.";
inline constexpr const char *kMixedMembers =
    "A protection group has volumes, hosts or host groups, and no mix of them.";
inline constexpr const char *kTargetThere = "Protection group already includes this target.";
inline constexpr const char *kTargetAllowed = "Protection group is already allowed on this array.";
inline constexpr const char *kCombination = "Invalid combination of parameters.";
inline constexpr const char *kShrinks =
    "The size is less than the volume's; say truncate to lose what is beyond it.";
inline constexpr const char *kSizeRange =
    "Volume size must be from 1 MiB to 4 PiB, and a multiple of 512 bytes.";

} // namespace words

} // namespace drover::sim::flasharray
