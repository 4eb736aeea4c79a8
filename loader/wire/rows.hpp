// The ABI's records on the wire, as a driver emitted them: also what breaks the contract is carried over (as
// far as it can be told without following a wild pointer), so that the host's checks and their sentences are
// the same for a driver in a process of its own.
#pragma once

#include "drover/abi/volume.h"
#include "drover/ext/group.h"
#include "drover/ext/profiles.h"
#include "drover/ext/qos.h"
#include "drover/ext/stats.h"
#include "loader/wire/tags.hpp"

#include <vector>

namespace drover::wire {

// Each writes one group. The record may be NULL, short or long; its arrays are followed only when their count
// is one that the host would take.
void write_volume(FrameWriter &to, const drv_volume *volume);
void write_connection(FrameWriter &to, const drv_connection *connection);
void write_profile(FrameWriter &to, const drv_profile *profile);
void write_group(FrameWriter &to, const drv_group *row);
void write_stats(FrameWriter &to, const drv_stats *row);
void write_capabilities(FrameWriter &to, const drv_caps &caps);
void write_limits(FrameWriter &to, const drv_qos &limits);

// Reads such groups. What a method gives points into the frame and into this object, and lives until the next
// call; it is as untrusted as what a driver emits in process, and no more: its pointers are good for what
// their counts say, or the counts are over what any reader takes. False: nonsense, which no writer made.
// `*row` is NULL where the driver emitted NULL.
class RowReader {
public:
    [[nodiscard]] bool volume(const Field &group, const drv_volume **row);
    [[nodiscard]] bool connection(const Field &group, const drv_connection **row);
    [[nodiscard]] bool profile(const Field &group, const drv_profile **row);
    [[nodiscard]] bool group(const Field &group, const drv_group **row);
    [[nodiscard]] bool stats(const Field &group, const drv_stats **row);
    // These fill what the caller made.
    [[nodiscard]] static bool capabilities(const Field &group, drv_caps &caps);
    [[nodiscard]] static bool limits(const Field &group, drv_qos &limits);

private:
    drv_volume volume_{};
    drv_connection connection_{};
    drv_profile profile_{};
    drv_group group_{};
    drv_stats stats_{};
    std::vector<drv_str> texts_;
    std::vector<drv_str> more_texts_;
    std::vector<drv_kv> pairs_;
};

} // namespace drover::wire
