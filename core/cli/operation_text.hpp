// Operations of the API as a table.
#pragma once

#include "core/cli/moment.hpp"
#include "core/cli/table.hpp"

#include <boost/json/array.hpp>

namespace drover::cli {

Table operation_table(const boost::json::array &operations, Moment now);

} // namespace drover::cli
