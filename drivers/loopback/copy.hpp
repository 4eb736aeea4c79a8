// The data of one image into another: by sharing blocks where the filesystem can (reflink), else by a copy
// that keeps holes. Neither flushes the target at the end.
#pragma once

#include "drover/sdk/call.hpp"

#include <cstdint>
#include <string_view>

namespace loopback {

// Gives `to` (empty, open for writing) the first `bytes` of `from`, and that size. `may_share` false forces a
// real copy. Reports progress under the name `stage`, looks at the call between pieces of some MiB, and
// throws when it ends, when the disk is full or a read fails; the target is then worthless.
// True: the blocks are shared, which took an instant.
bool copy_image(const drv::Call &call, int from, int to, std::uint64_t bytes, bool may_share,
                std::string_view stage);

// Sets the size of a file, and with `reserve` takes the space for all of it at once (NO_SPACE when there is
// less).
void set_size(const drv::Call &call, int file, std::uint64_t from_bytes, std::uint64_t bytes, bool reserve);

} // namespace loopback
