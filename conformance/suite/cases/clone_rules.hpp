// What holds for every way to make a volume from another object: drv.clone/1 and the clone of drv.snapshot/1.
#pragma once

#include "conformance/suite/checks.hpp"

#include <functional>

namespace drover::conformance {

// The call under test: clones `source` as asked.
using CloneCall = Answer (*)(Test &, const std::string &source, const CreateArguments &, const CallOptions &);

struct CloneRules {
    CloneCall clone;
    // Makes a source and gives its id and size: a volume, or a snapshot of one.
    BackendVolume (*make_source)(Test &);

    void emits(Test &test) const;
    void idempotent(Test &test) const;
    void other_shape(Test &test) const;
    void smaller(Test &test) const;
    void larger(Test &test) const;
    void own_size(Test &test) const;
    void unknown_source(Test &test) const;
    void unknown_flag(Test &test) const;
    void unknown_profile(Test &test) const;
    void existing_volume(Test &test) const;
    void deadline_past(Test &test) const;
};

} // namespace drover::conformance
