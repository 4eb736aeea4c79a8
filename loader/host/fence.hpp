// What the driver's process, and every program that it runs, may not ask of the kernel: what no driver of an
// array needs, and what would let one reach beyond its own process. It is no jail: a driver may still use the
// network, read files, run programs, and write where data belongs.
#pragma once

#include "loader/base/error.hpp"

namespace drover::host {

// Refuses these calls with EPERM: mounting, other namespaces and roots, tracing and reading other processes,
// kernel modules, kexec, reboot, swap, bpf and perf, keyrings, clocks and host names, raw ports, and ioctls
// that go past a block device's driver or wipe what is on it. Before threads are started; after
// PR_SET_NO_NEW_PRIVS. For good.
Result<void> deny_system_calls();

// Makes the system's own folders (/usr, /etc, /boot ..., also /proc and /sys but for the virtual disks there)
// unwritable, by Landlock, whoever runs the process; done when the kernel has none. For good.
Result<void> deny_writing_to_the_system();

} // namespace drover::host
