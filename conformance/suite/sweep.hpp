// Takes away from the backend what tests made: detaches, then destroys, in as many rounds as dependencies
// between clones, snapshots and volumes ask for.
#pragma once

#include "conformance/suite/instance.hpp"
#include "conformance/suite/settings.hpp"

#include <functional>
#include <vector>

namespace drover::conformance {

// `instance_for` gives an open instance for a node id, or null. Returns what could not be taken away, each
// with the driver's reason: "volume 6c8f...: CONFLICT: it has a clone".
std::vector<std::string> sweep(std::vector<Tracked> objects, const CaseFile &file,
                               const std::function<Instance *(const std::string &node)> &instance_for);

// In a process of its own, after a test's process died: opens the backend and sweeps what the tracker's file
// names. Returns the program's exit code and writes to stderr what remains.
int sweep_after_crash(const Settings &settings);

} // namespace drover::conformance
