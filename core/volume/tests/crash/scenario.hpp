// What the crash test tries: each scenario prepares a node, makes one request, and says what must be true
// when the same request was made again after a crash.
#pragma once

#include "core/volume/testing/world.hpp"
#include "core/volume/tests/crash/crash_points.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drover::crash {

using testing::World;

// A node's world with what the scenarios need besides.
struct Stage {
    World &world;
    std::atomic<bool> &faults; // while true, the scenario's driver misbehaves
    std::filesystem::path folder;
};

struct ExpectedVolume {
    std::uint64_t uses = 0;              // counted when all is over
    std::uint64_t uses_after_reboot = 0; // the same, if the machine went down in between
    std::string marker;                  // what its file "marker" holds; empty: it is new and empty
    std::string fstype = "ext4";
    bool attachment_may_stay = false; // the backend said a lie about it
    bool shows_error = false;         // of the refusal
    bool never_mounted = false;       // nothing can or should mount it: its content is not looked at
};

struct Expected {
    std::map<std::string, ExpectedVolume> volumes;
    std::vector<std::string> snapshots; // "volume/name"
    bool backend_may_have_more = false; // what this node forgot, the backend keeps
};

struct Scenario {
    std::string name;
    // In a process of its own, unharmed.
    std::function<void(Stage &)> prepare;
    // A crash that comes before the one that is tried: the request dies here first.
    std::optional<Point> first_crash;
    // The answer as text, without what may differ from try to try.
    std::function<std::string(Stage &)> request;
    Expected expected;
    // The start of the agent is part of what is tried, not only the request.
    bool with_start = false;
    // The repeat finds the work done and may say so ("no such volume" after a remove).
    bool repeat_may_differ = false;
    // The loss of all memory changes what the request meets (a container that held the volume is gone).
    bool without_power_cut = false;
    bool misbehaves_from_the_start = false; // also when the agent starts again
    std::chrono::milliseconds unmount_patience{8000};
    // Undoes what `prepare` left for the time of the test.
    std::function<void(Stage &)> finish;
    // Wraps the driver: misbehaves while `faults` is set, which it is during the request.
    std::function<std::shared_ptr<Driver>(std::shared_ptr<Driver>, const std::atomic<bool> &)> wrap;
};

std::vector<Scenario> mount_scenarios();
std::vector<Scenario> volume_scenarios();
std::vector<Scenario> snapshot_scenarios();
std::vector<Scenario> manage_scenarios();

} // namespace drover::crash
