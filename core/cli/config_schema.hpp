// A JSON Schema (2020-12) of agent.yml, for editors and for whoever writes the file by program. Made from the
// table the reader itself goes by (core/config/schema.hpp) and from what drivers declare; there is no second
// list of keys. The reader stays the judge: a schema sees values and no text, so that it cannot tell a key
// that is given twice, a path that is too long for a socket, or 010 from 8 (docs/cli.md).
#pragma once

#include "loader/open.hpp"

#include <boost/json/object.hpp>

#include <span>

namespace drover::cli {

// `drivers`: those that backends may name, each under the name of its file; the ones with an error are left
// out. A backend with any other driver may have any keys.
boost::json::object config_schema(std::span<const CatalogEntry> drivers);

} // namespace drover::cli
