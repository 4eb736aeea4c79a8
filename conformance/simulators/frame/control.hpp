// The calls of tests, below /sim/, on the same port and without a session: arms faults, reads the journal,
// moves the clock, looks at the state. docs/array-sim.md lists them.
#pragma once

#include "conformance/simulators/frame/array.hpp"
#include "conformance/simulators/frame/clock.hpp"
#include "conformance/simulators/frame/faults.hpp"
#include "conformance/simulators/frame/journal.hpp"

namespace drover::sim {

struct Controlled {
    Array &array;
    Faults &faults;
    Journal &journal;
    Clock &clock;
};

// Never throws for what the request holds: a wrong one is a 400 with {"error": words}.
[[nodiscard]] Response control(const Controlled &controlled, const Request &request);

} // namespace drover::sim
