// What the state file must look like before the store uses it: ours, whole, of a format we know, and set to
// be durable.
#pragma once

#include "core/store/sqlite_handles.hpp"

#include <filesystem>

namespace drover::store {

// Owner-only before SQLite writes its first byte; the -wal and -shm files take the mode from it.
Result<void> make_state_file(const std::filesystem::path &file);
// Looks before it changes anything: a file that is refused stays as it is.
Result<void> prepare_schema(Database &database, const std::filesystem::path &file);

} // namespace drover::store
