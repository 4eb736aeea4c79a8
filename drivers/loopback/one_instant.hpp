// Whether copies of images show one moment of the volumes. Their locks keep every other op away; what they do
// not keep away is a program that writes to a device. So the kernel's counters are compared: when no write
// ended between the first copy and the last, and none was under way at the end, nothing moved. A host that
// holds the filesystems frozen all the while, as ours does, is never refused; nor is one whose copies share
// blocks, which takes an instant.
#pragma once

#include "drover/sdk/call.hpp"

#include <functional>
#include <string>
#include <vector>

namespace loopback {

// Runs `flush`, which writes out what `devices` (/dev/loopN) hold, and then `copy`, which begins anew each
// time, until nothing was written to the devices meanwhile; or once, when it returns true: that it took but
// an instant. Throws CONFLICT, retryable, with `advice` in its text, after a few attempts, or after one that
// took long.
void copy_at_one_instant(const drv::Call &call, const std::vector<std::string> &devices,
                         const std::function<void()> &flush, const std::function<bool()> &copy,
                         std::string_view advice);

} // namespace loopback
