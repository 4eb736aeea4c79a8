// The space behind an image that exists already: taking all of it, so that no write can fail for want of it,
// and giving back what was never written. Data is never touched. For images being made see copy.hpp.
#pragma once

#include "drover/sdk/call.hpp"

#include <cstdint>

namespace loopback {

// True when another image uses some of the same blocks (reflink): a write would have to find new ones.
[[nodiscard]] bool has_shared_blocks(int file);

// Takes the space for all of the first `bytes`, also in place of blocks that are shared (CONFLICT where the
// filesystem cannot). NO_SPACE, before anything is taken, when there is not enough. Writers may be at work.
// When it throws later, what was taken stays taken.
void reserve_all(const drv::Call &call, int file, std::uint64_t bytes);

// Gives back the space that was reserved and never written. Nobody else may write meanwhile.
void give_back_unwritten(int file, std::uint64_t bytes);

} // namespace loopback
