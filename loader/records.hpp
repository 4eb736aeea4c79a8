// What a driver emits, copied into the host's values. Every pointer, length and count is checked first: a
// record that breaks the contract gives a sentence about it, never a wild read of ours.
#pragma once

#include "drover/abi/volume.h"
#include "drover/ext/group.h"
#include "drover/ext/profiles.h"
#include "drover/ext/stats.h"
#include "loader/base/error.hpp"
#include "loader/volume_types.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace drover {

// Nothing when all went well, else what is wrong with the record: `a volume whose "id" is not valid UTF-8`.
using RecordProblem = std::optional<std::string>;

RecordProblem copy_volume(const drv_volume *from, BackendVolume &to);
RecordProblem copy_stats(const drv_stats *from, BackendStats &to);
RecordProblem copy_group(const drv_group *from, BackendGroup &to);
RecordProblem copy_profile(const drv_profile *from, Profile &to);
// A protocol of a newer minor is no problem of the record: `*known` is then false and `to` is not to be used.
RecordProblem copy_connection(const drv_connection *from, Connection &to, bool *known);
// Wrong minima read as 1. Protocols and flags of a newer minor are left out.
Capabilities to_capabilities(const drv_caps &from);

// Enough for an id or a name, by the ABI.
inline constexpr std::size_t kMaxIdBytes = 255;
// Attributes, nodes, portals of one record: more are refused.
inline constexpr std::uint64_t kMaxRows = 4096;

} // namespace drover
