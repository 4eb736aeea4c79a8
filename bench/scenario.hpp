// One set-up and the figures it gives. Figures that need the same set-up are measured together.
#pragma once

#include "bench/figure.hpp"
#include "bench/workplace.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace drover::bench {

using Wanted = std::function<bool(std::string_view name)>;

// This machine cannot measure it, which is no failure; what() tells why.
struct NotHere : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Scenario {
    std::vector<std::string> names; // of the figures that `measure` can give
    // Gives those of its figures that are wanted. Throws NotHere, or std::runtime_error when
    // something failed.
    std::vector<Figure> (*measure)(const Workplace &, const Wanted &);
};

Scenario loader_scenario();       // through Google Benchmark
Scenario isolated_scenario();     // the same calls with the driver in a process of its own
Scenario docker_scenario();       // create and mount, over the real socket
Scenario ten_thousand_scenario(); // an agent before and after it gets its volumes
Scenario five_hundred_scenario(); // as many mounted volumes
Scenario lab_scenario();          // in the lab's guest: iSCSI and multipath
Scenario flasharray_scenario();   // its driver against the simulated array

} // namespace drover::bench
