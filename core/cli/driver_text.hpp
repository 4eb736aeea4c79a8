// Driver files and what they declare, for people and for scripts.
#pragma once

#include "core/cli/table.hpp"
#include "loader/driver.hpp"
#include "loader/driver_file.hpp"
#include "loader/open.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <span>
#include <string_view>

namespace drover::cli {

std::string_view to_string(KeyKind kind) noexcept;

boost::json::object driver_json(const DriverDescription &driver);
// What `drover driver inspect` shows of a file: what its descriptor declares, what can be read from the file,
// and the agent's backends that have it open.
struct InspectedDriver {
    DriverDescription description;
    DriverFile file;
    boost::json::array backends; // of the API's drivers list
};
boost::json::object driver_json(const InspectedDriver &driver);
Sheet driver_sheet(const InspectedDriver &driver);
Table key_table(const DriverDescription &driver);
// The backends of the API's drivers list.
Table backend_table(const boost::json::array &backends);
// A driver folder as it lies there.
Table file_table(std::span<const CatalogEntry> files);

} // namespace drover::cli
