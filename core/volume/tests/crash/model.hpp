// Compares a node with what a scenario expects: no volume lost, doubled, formatted again, half mounted or
// frozen, nothing left on the backend that nobody owns.
#pragma once

#include "core/volume/tests/crash/scenario.hpp"

#include <string>
#include <vector>

namespace drover::crash {

// Everything that is wrong, as sentences; empty: nothing.
std::vector<std::string> compare(Stage &stage, const Expected &expected, bool rebooted);
// What this node still has attached although nobody uses it: nobody can after a reboot.
std::vector<std::string> left_attached(Stage &stage, const Expected &expected);
// Removes every volume through the service and tells what is left that should not be.
std::vector<std::string> take_down(Stage &stage, const Expected &expected);

} // namespace drover::crash
