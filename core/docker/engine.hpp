// Which container engine is at the other end of a connection.
#pragma once

#include "core/volume/service.hpp"

#include <filesystem>
#include <optional>

namespace drover {

// The engine with this pid, or nothing when the process is another program (curl, a test), is gone, or cannot
// be seen. Only dockerd counts: it alone keeps containers that have volumes mounted.
std::optional<EngineIdentity> engine_of(int pid, const std::filesystem::path &proc = "/proc");

} // namespace drover
