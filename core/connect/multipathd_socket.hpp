// multipathd's own socket: what its command line program uses. Without starting that program for each
// question, which is most of what asking costs, and more than all else on a busy node.
#pragma once

#include "loader/base/deadline.hpp"
#include "loader/base/error.hpp"

#include <string>
#include <string_view>

namespace drover::connect {

// Whether somebody listens there now. At once.
[[nodiscard]] bool multipathd_listens();

// The answer to one command ("show paths raw format \"%d\""), as multipathd writes it: "fail" and "timeout"
// are answers too. Any thread. Errors are retryable: Code::unreachable (nobody listens, or the line broke),
// Code::deadline with state_unknown.
[[nodiscard]] Result<std::string> ask_multipathd(std::string_view command, Deadline deadline);

} // namespace drover::connect
