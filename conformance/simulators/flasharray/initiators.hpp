// Initiators: how they are written, and that each belongs to one host.
#pragma once

#include "conformance/simulators/flasharray/model.hpp"

namespace drover::sim::flasharray {

// iqnlist, addiqnlist, remiqnlist, and the same of WWNs and NQNs.
void change_initiators(Model &model, const Ask &ask, Id host);
// Whether the call says anything of them.
[[nodiscard]] bool names_initiators(const Ask &ask);

} // namespace drover::sim::flasharray
