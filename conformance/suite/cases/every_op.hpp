// One round of every op that the driver has, its extensions included, with ordinary requests and such as must
// fail, each once. For tests that look at something besides the answers.
#pragma once

#include "conformance/suite/test.hpp"

#include <vector>

namespace drover::conformance {

// Each op answers as it must, or the case fails. Leaves nothing behind. The answers, in order.
std::vector<Answer> every_op(Test &test, Instance &instance);

} // namespace drover::conformance
