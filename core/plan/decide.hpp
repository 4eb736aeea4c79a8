// The decision table of the agent: (discovered, desired, facts) to one action per volume and pass. Pure: no
// I/O, no clock. The table itself stands in decide.cpp and reads like the page it came from; `facts` only
// chooses within a cell.
#pragma once

#include "core/plan/state.hpp"

namespace drover::plan {

// What a cell may ask about besides its row and column.
struct Facts {
    bool may_create = true;          // this node makes it when it is absent
    bool used_here = false;          // counted uses, or a lease of this node
    bool held_elsewhere_too = false; // another node is attached as well: it may write
    bool grow_pending = false;       // the filesystem is smaller than its device
    Format format = Format::never;
    bool content_has_our_uuid = false;
    bool device_overdue = false; // the device was looked for until its deadline
    bool reattached = false;     // detach and attach was tried already in this convergence
};

struct Decision {
    Action action = Action::none;
    bool grow_first = false; // only with Action::mount: grow the filesystem on the way
    bool operator==(const Decision &) const = default;
};

[[nodiscard]] Decision decide(Discovered discovered, Desired desired, const Facts &facts) noexcept;

} // namespace drover::plan
