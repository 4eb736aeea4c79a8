// What a backend has and Drover does not manage, as a table for people.
#pragma once

#include "core/cli/moment.hpp"
#include "core/cli/table.hpp"

#include <boost/json/array.hpp>

namespace drover::cli {

Table unmanaged_table(const boost::json::array &rows, Moment now);

} // namespace drover::cli
