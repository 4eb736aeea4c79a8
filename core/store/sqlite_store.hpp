// The store of one node, in one SQLite file. One process at a time: a lock file beside it says which.
#pragma once

#include "core/store/store.hpp"

#include <filesystem>
#include <memory>

namespace drover::store {

// Opens or makes `file` (mode 0600) and its folder (0700, parents too). Held by another process:
// Code::conflict naming its pid. Written by a newer Drover: Code::unsupported. Damaged: Code::internal saying
// what to do; the file is left as it is, never repaired or deleted.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path &file);

} // namespace drover::store
