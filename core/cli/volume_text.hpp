// Volumes of the API as tables and sheets for people.
#pragma once

#include "core/cli/moment.hpp"
#include "core/cli/table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace drover::cli {

Table volume_table(const boost::json::array &volumes, Moment now);
Sheet volume_sheet(const boost::json::value &volume, const boost::json::array &snapshots, Moment now);
Table snapshot_table(const boost::json::array &snapshots, Moment now);
Sheet snapshot_sheet(const boost::json::value &snapshot, Moment now);
// "in 20s", "now", or "never" of an error's next_retry_at.
std::string next_retry(const boost::json::value &error, Moment now);
// "10 GiB"; empty for 0.
std::string shown_size(const boost::json::value &object, std::string_view key);

} // namespace drover::cli
