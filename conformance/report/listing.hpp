// The cases themselves, for --list.
#pragma once

#include "conformance/suite/case.hpp"

#include <span>
#include <string>

namespace drover::conformance {

// One line per case: id, binding, description.
std::string list_as_text(std::span<const Case> cases);
std::string list_as_json(std::span<const Case> cases);

} // namespace drover::conformance
