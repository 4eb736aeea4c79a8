// The `filter` of a list, as in "name='gold-*' and (size>1048576 or not serial='')": fields of the rows, = !=
// < <= > >=, texts in quotes with * for any text, numbers, and, or, not, brackets.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <string_view>

namespace drover::sim::flasharray {

using RowFilter = std::function<bool(const boost::json::object &)>;

// Throws Refusal for what is no expression.
[[nodiscard]] RowFilter parse_filter(std::string_view text);

// Orders rows by "created-" or "name,size-": fields, descending with a minus. Rows without the field stand
// last.
void sort_rows(boost::json::array &rows, std::string_view by);

} // namespace drover::sim::flasharray
