// Runs a function in a forked child, for system calls that can hang for ever on dead storage (open, read,
// mount, umount, fsync): a thread stuck in one cannot be given up, a child can. The child shares nothing that
// it writes: what it returns is the text it gives back, and what it changed in the kernel.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace drover {

// Calls `work` in a child and gives its result (up to 1 MiB). At the deadline the child is killed and left
// behind, to be reaped whenever the kernel lets go of it: Code::deadline with state_unknown, "<what> took too
// long".
//
// `work` must not take locks that other threads may hold (so no logging), must not start threads and must
// open what it needs itself: every descriptor above 2 is closed in the child.
Result<std::string> call_in_child(std::string_view what, Deadline deadline,
                                  const std::function<Result<std::string>()> &work);

// Waits for an ended or killed child, without blocking the caller for long: one that the kernel holds on to
// is left to a thread of its own.
void reap(pid_t child);

} // namespace drover
